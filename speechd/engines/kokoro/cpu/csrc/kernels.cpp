// The generator's convolutions for the CPU: norm, activation, fast convolution, residual and statistics in one pass
// over blocks of time that stay in a core's cache; and products of rows with a matrix, for everything else.
// A plain C interface: it needs neither Python nor PyTorch.

#include <cstddef>
#include <limits>
#include <vector>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "convolution.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__x86_64__) && defined(__linux__)
#define SPEECHD_AMX
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace speechd {

// Code between BEGIN and END is compiled for the instruction sets named.
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
}  // namespace baseline

#if defined(__x86_64__)
SPEECHD_BEGIN("avx2,fma")
namespace avx2 {
constexpr int kLanes = 8, kRows = 6;
#include "kernel.inl"
#include "product.inl"
}  // namespace avx2
SPEECHD_END

SPEECHD_BEGIN("avx512f,avx512vl,avx512dq,avx512bw,fma")
namespace avx512 {
constexpr int kLanes = 16, kRows = 12;
#include "kernel.inl"
#include "product.inl"
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
SPEECHD_BEGIN("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,fma,amx-tile,amx-bf16")
namespace amx {
constexpr int kLanes = 16, kRows = 32;
#include "kernel.inl"
#include "amx.inl"
}  // namespace amx
SPEECHD_END
#endif

using Block = void (*)(const Convolution&, const Call&, const Plan&, int64_t start, char* scratch, double* moments);
using Panel = void (*)(const Product&, const ProductCall&, int64_t index);

// An instruction set. rows: of a register tile; what it lacks is null.
struct Isa {
  int64_t lanes, rows;
  Block winograd, fourier;
  Panel panel, panel_bfloat16;
};

constexpr Isa kIsas[] = {
    {baseline::kLanes, baseline::kRows, baseline::winograd<baseline::FloatProducts>, nullptr,
     baseline::panel<baseline::Float>, nullptr},
#if defined(__x86_64__)
    {avx2::kLanes, avx2::kRows, avx2::winograd<avx2::FloatProducts>, nullptr, avx2::panel<avx2::Float>, nullptr},
    {avx512::kLanes, avx512::kRows, avx512::winograd<avx512::FloatProducts>, nullptr, avx512::panel<avx512::Float>,
     nullptr},
    {avx512::kLanes, avx512::kRows, avx512::winograd<avx512::FloatProducts>, avx512bf16::fourier,
     avx512::panel<avx512::Float>, avx512bf16::panel<avx512bf16::Bfloat16>},
#endif
#if defined(SPEECHD_AMX)
    {amx::kLanes, amx::kRows, amx::matrix_winograd, nullptr, avx512::panel<avx512::Float>, nullptr},
#endif
};

// A block's transformed rows take about this: they share a second-level cache (1 to 2 MiB) with products and weights.
constexpr int64_t kTransformedBytes = 576 * 1024;

// Bytes of all input channels of one transformed row.
static int64_t row_bytes(const Convolution& conv) {
  return conv.inputs * (conv.fourier ? 4 : conv.parts ? 2 * conv.parts : 4);
}

static int64_t points(const Convolution& conv) { return conv.fourier ? kFourierSize : kPoints; }

// The plan of blocks of `rows`, or of the most that suit the cache.
static Plan plan(const Convolution& conv, const Isa& isa, int64_t rows) {
  const int64_t target = kTransformedBytes / (points(conv) * row_bytes(conv)) / isa.rows * isa.rows;
  const int64_t pair = conv.fourier ? 2 : 1;  // tiles that one row of products stands for
  const int64_t tile_rows = pair * conv.dilation * conv.step, most = target / conv.dilation;
  const int64_t needed = (rows + tile_rows - 1) / tile_rows, tiles = needed < most ? needed : most > 1 ? most : 1;
  Plan result;
  result.tiles = tiles;
  result.rows = tiles * tile_rows;
  result.source_rows = ((tiles * pair + conv.groups - 2) * conv.step + points(conv)) * conv.dilation;
  result.products = (tiles * conv.dilation + isa.rows - 1) / isa.rows * isa.rows;
  result.transformed = result.products + (conv.groups - 1) * conv.dilation;
  return result;
}

static int64_t scratch_bytes(const Convolution& conv, const Isa& isa) {
  const Plan shape = plan(conv, isa, std::numeric_limits<int32_t>::max());
  const int64_t products = points(conv) * shape.products * 2 * isa.lanes, active = shape.source_rows * isa.lanes;
  const int64_t floats = products > active ? products : active;
  const int64_t bytes = points(conv) * row_bytes(conv) * shape.transformed + floats * int64_t(sizeof(float));
  return (bytes + 63) / 64 * 64;  // whole cache lines, so that every thread's begins on one
}

static void convolve(const Convolution& conv, const Call& call, const Isa& isa) {
  const Block block = conv.fourier ? isa.fourier : isa.winograd;
  const Plan shape = plan(conv, isa, call.rows);
  [[maybe_unused]] const int64_t scratch = scratch_bytes(conv, isa);
  const int64_t size = 2 * conv.outputs, blocks = (call.rows + shape.rows - 1) / shape.rows;
  std::vector<double> moments(std::size_t(blocks * size));
#pragma omp parallel for schedule(dynamic) num_threads(int(call.threads))
  for (int64_t index = 0; index < blocks; ++index) {
#if defined(_OPENMP)
    char* own = call.scratch + omp_get_thread_num() * scratch;
#else
    char* own = call.scratch;
#endif
    const int64_t start = index * shape.rows;
    const Plan last = plan(conv, isa, call.rows - start);
    block(conv, call, last, start, own, moments.data() + index * size);
  }
  // In the order of time, so that the sums do not depend on which thread was first.
  for (int64_t i = 0; i < size; ++i) call.moments[i] = 0;
  for (int64_t index = 0; index < blocks; ++index)
    for (int64_t i = 0; i < size; ++i) call.moments[i] += moments[std::size_t(index * size + i)];
}

static void multiply(const Product& product, const ProductCall& call, const Isa& isa) {
  const Panel panel = product.bfloat16 ? isa.panel_bfloat16 : isa.panel;
  const int64_t width = 2 * isa.lanes, panels = (product.outputs + width - 1) / width;
#pragma omp parallel for schedule(dynamic) num_threads(int(call.threads))
  for (int64_t index = 0; index < panels; ++index) panel(product, call, index);
}

#if defined(SPEECHD_AMX)
// Whether there is a matrix unit and the kernel lets this process, and what it forks, use it (Linux: arch_prctl(2)).
static bool amx_usable() {
  constexpr unsigned kTile = 1u << 24, kBfloat16 = 1u << 22;  // CPUID leaf 7, EDX
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  unsigned a, b, c, d;
  return __builtin_cpu_supports("avx512bf16") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & kTile) &&
         (d & kBfloat16) && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

}  // namespace speechd

// The C interface. `isa` counts from 0, the least, to speechd_isa(), the best of this machine.
extern "C" {

int64_t speechd_isa() {
#if defined(__x86_64__)
#if defined(SPEECHD_AMX)
  if (speechd::amx_usable()) return 4;
#endif
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw"))
    return __builtin_cpu_supports("avx512bf16") ? 3 : 2;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
  return 0;
}

// The sizes of all structures, so that a library built from other sources is noticed.
int64_t speechd_layout() {
  return sizeof(speechd::Convolution) << 24 | sizeof(speechd::Call) << 16 | sizeof(speechd::Product) << 8 |
         sizeof(speechd::ProductCall);
}

// Whether it multiplies on a matrix unit, with `parts` of each weight.
int64_t speechd_matrix(int64_t isa) { return isa == 4; }

// Whether it multiplies bfloat16 on its vectors.
int64_t speechd_bfloat16(int64_t isa) { return speechd::kIsas[isa].fourier != nullptr; }

// Output channels that lie together in the weights.
int64_t speechd_width(int64_t isa) { return 2 * speechd::kIsas[isa].lanes; }

int64_t speechd_scratch_bytes(const speechd::Convolution* conv, int64_t isa) {
  return speechd::scratch_bytes(*conv, speechd::kIsas[isa]);
}

void speechd_convolve(const speechd::Convolution* conv, const speechd::Call* call, int64_t isa) {
  speechd::convolve(*conv, *call, speechd::kIsas[isa]);
}

void speechd_multiply(const speechd::Product* product, const speechd::ProductCall* call, int64_t isa) {
  speechd::multiply(*product, *call, speechd::kIsas[isa]);
}
}
