// The instruction sets: the code between BEGIN and END is compiled for each of them, and kIsas has what they offer.
#pragma once

#include <cstddef>

#include "convolution.h"
#include "text.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__x86_64__) && defined(__linux__)
#define SPEECHD_AMX
#endif

namespace speechd {

// What an instruction set has for the text's networks; each function does one part of its call.
struct Text {
  void (*lstm)(const Lstm&, const LstmCall&, int64_t direction);
  int64_t (*attention_bytes)(const AttentionCall&);
  void (*attention)(const AttentionCall&, int64_t head, char* scratch);
  void (*gelu)(float* values, int64_t count);
  void (*layer_norm)(const LayerNormCall&, int64_t row);
  void (*adaptive_norm)(const AdaptiveNormCall&, int64_t channel);
  void (*spread)(const SpreadCall&, int64_t channel);
  void (*affine)(const AffineCall&);
};

#define SPEECHD_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define SPEECHD_BEGIN(sets) SPEECHD_PRAGMA(clang attribute push(__attribute__((target(sets))), apply_to = function))
#define SPEECHD_END SPEECHD_PRAGMA(clang attribute pop)
#else
#define SPEECHD_BEGIN(sets) SPEECHD_PRAGMA(GCC push_options) SPEECHD_PRAGMA(GCC target(sets))
#define SPEECHD_END SPEECHD_PRAGMA(GCC pop_options)
#endif

// SSE2 or NEON: what every x86-64 or AArch64 has.
namespace baseline {
#if defined(__aarch64__)
// 20 sums, 2 weights and the 10 values that GCC loads ahead: all 32 registers. With 12 rows it put 5 sums on the stack.
constexpr int kLanes = 4, kRows = 10;
#else
constexpr int kLanes = 4, kRows = 6;
#endif
#include "kernel.inl"
#include "product.inl"
#include "text.inl"
}  // namespace baseline

#if defined(__x86_64__)
SPEECHD_BEGIN("avx2,fma")
namespace avx2 {
constexpr int kLanes = 8, kRows = 6;
#include "kernel.inl"
#include "product.inl"
#include "text.inl"
}  // namespace avx2
SPEECHD_END

SPEECHD_BEGIN("avx512f,avx512vl,avx512dq,avx512bw,fma")
namespace avx512 {
constexpr int kLanes = 16, kRows = 12;
#include "kernel.inl"
#include "product.inl"
#include "text.inl"
}  // namespace avx512
SPEECHD_END

SPEECHD_BEGIN("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,fma")
namespace avx512bf16 {
constexpr int kLanes = 16, kRows = 12;
#include "kernel.inl"
#include "product.inl"
#include "bfloat16.inl"
#include "fourier.inl"
}  // namespace avx512bf16
SPEECHD_END
#endif

#if defined(SPEECHD_AMX)
SPEECHD_BEGIN("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,avx512vbmi,fma,amx-tile,amx-bf16,amx-int8")
namespace amx {
constexpr int kLanes = 16, kRows = 32;
#include "kernel.inl"
#include "amx.inl"
#include "amx_product.inl"
}  // namespace amx
SPEECHD_END
#endif

using Block = void (*)(const Convolution&, const Call&, const Plan&, int64_t start, char* scratch, double* moments);
using Panel = void (*)(const Product&, const ProductCall&, int64_t index);

// Products on a matrix unit. rows, rows_bytes: of what split_row makes of the source; rows_at_once: that are multiplied
// by a panel; own_bytes: of scratch memory of each thread; panels: multiplies rows `start` to `end` by some panels.
struct Matrix {
  int64_t (*rows)(const Product&, const ProductCall&);
  int64_t (*rows_bytes)(const Product&, const ProductCall&);
  int64_t (*rows_at_once)(const Product&, const ProductCall&);
  int64_t (*own_bytes)(const Product&, const ProductCall&);
  void (*split_row)(const Product&, const ProductCall&, int64_t row);
  void (*panels)(const Product&, const ProductCall&, int64_t index, int64_t past, int64_t start, int64_t end,
                 char* own);
};

// An instruction set. rows: of a register tile; what it lacks is null.
struct Isa {
  int64_t lanes, rows;
  Block winograd, fourier;
  Panel panel, panel_bfloat16;
  const Text& text;
  Matrix matrix;
};

constexpr Isa kIsas[] = {
    {baseline::kLanes, baseline::kRows, baseline::winograd<baseline::FloatProducts>, nullptr,
     baseline::panel<baseline::Float>, nullptr, baseline::kText, {}},
#if defined(__x86_64__)
    {avx2::kLanes, avx2::kRows, avx2::winograd<avx2::FloatProducts>, nullptr, avx2::panel<avx2::Float>, nullptr,
     avx2::kText, {}},
    {avx512::kLanes, avx512::kRows, avx512::winograd<avx512::FloatProducts>, nullptr, avx512::panel<avx512::Float>,
     nullptr, avx512::kText, {}},
    {avx512::kLanes, avx512::kRows, avx512::winograd<avx512::FloatProducts>, avx512bf16::fourier,
     avx512::panel<avx512::Float>, avx512bf16::panel<avx512bf16::Bfloat16>, avx512::kText, {}},
#endif
#if defined(SPEECHD_AMX)
    {amx::kLanes, amx::kRows, amx::matrix_winograd, nullptr, avx512::panel<avx512::Float>, nullptr, avx512::kText,
     {amx::split_rows, amx::rows_bytes, amx::rows_at_once, amx::own_bytes, amx::split_row, amx::matrix_panels}},
#endif
};

}  // namespace speechd
