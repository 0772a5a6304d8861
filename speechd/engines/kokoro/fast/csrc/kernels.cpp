// The generator's convolutions for the CPU: norm, activation, Winograd convolution, residual and statistics in one
// pass over blocks of time that stay in a core's cache; and products of rows with a matrix, for everything else.
// A plain C interface: it needs neither Python nor PyTorch.

#include <cstddef>
#include <vector>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "convolution.h"

#if defined(__x86_64__) && defined(__linux__)
#define SPEECHD_AMX
#include <cpuid.h>
#include <immintrin.h>
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

struct Isa {
  int64_t lanes, rows;
  void (*block)(const Convolution&, const Call&, const Plan&, int64_t, char*, double*);
  void (*panel)(const Product&, const ProductCall&, int64_t);
};

constexpr Isa kIsas[] = {
    {baseline::kLanes, baseline::kRows, baseline::block<baseline::FloatProducts>, baseline::float_panel},
#if defined(__x86_64__)
    {avx2::kLanes, avx2::kRows, avx2::block<avx2::FloatProducts>, avx2::float_panel},
    {avx512::kLanes, avx512::kRows, avx512::block<avx512::FloatProducts>, avx512::float_panel},
#endif
#if defined(SPEECHD_AMX)
    {amx::kLanes, amx::kRows, amx::matrix_block, avx512::float_panel},
#endif
};

// A block's transformed rows take about this: they share a second-level cache (1 to 2 MiB) with products and weights.
constexpr int64_t kTransformedBytes = 576 * 1024;

static int64_t row_bytes(const Convolution& conv) { return conv.inputs * (conv.parts ? 2 * conv.parts : 4); }

static Plan plan(const Convolution& conv, const Isa& isa, int64_t rows) {
  const int64_t target = kTransformedBytes / (kPoints * row_bytes(conv)) / isa.rows * isa.rows;  // rows of products
  Plan result;
  result.tiles = target / conv.dilation > 1 ? target / conv.dilation : 1;
  result.rows = result.tiles * conv.dilation * conv.step;
  result.blocks = (rows + result.rows - 1) / result.rows;
  result.source_rows = ((result.tiles + conv.groups - 2) * conv.step + kPoints) * conv.dilation;
  result.products = (result.tiles * conv.dilation + isa.rows - 1) / isa.rows * isa.rows;
  result.transformed = result.products + (conv.groups - 1) * conv.dilation;
  return result;
}

static int64_t scratch_bytes(const Convolution& conv, const Isa& isa) {
  const Plan shape = plan(conv, isa, 1);
  const int64_t products = kPoints * shape.products * 2 * isa.lanes, active = shape.source_rows * isa.lanes;
  const int64_t floats = products > active ? products : active;
  const int64_t bytes = kPoints * row_bytes(conv) * shape.transformed + floats * int64_t(sizeof(float));
  return (bytes + 63) / 64 * 64;  // whole cache lines, so that every thread's begins on one
}

static void convolve(const Convolution& conv, const Call& call, const Isa& isa) {
  const Plan shape = plan(conv, isa, call.rows);
  [[maybe_unused]] const int64_t scratch = scratch_bytes(conv, isa);
  const int64_t size = 2 * conv.outputs;
  std::vector<double> moments(std::size_t(shape.blocks * size));
#pragma omp parallel for schedule(dynamic) num_threads(int(call.threads))
  for (int64_t index = 0; index < shape.blocks; ++index) {
#if defined(_OPENMP)
    char* own = call.scratch + omp_get_thread_num() * scratch;
#else
    char* own = call.scratch;
#endif
    isa.block(conv, call, shape, index, own, moments.data() + index * size);
  }
  // In the order of time, so that the sums do not depend on which thread was first.
  for (int64_t i = 0; i < size; ++i) call.moments[i] = 0;
  for (int64_t index = 0; index < shape.blocks; ++index)
    for (int64_t i = 0; i < size; ++i) call.moments[i] += moments[std::size_t(index * size + i)];
}

static void multiply(const Product& product, const ProductCall& call, const Isa& isa) {
  const int64_t width = 2 * isa.lanes, panels = (product.outputs + width - 1) / width;
#pragma omp parallel for schedule(dynamic) num_threads(int(call.threads))
  for (int64_t panel = 0; panel < panels; ++panel) isa.panel(product, call, panel);
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
  if (speechd::amx_usable()) return 3;
#endif
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw"))
    return 2;
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
int64_t speechd_matrix(int64_t isa) { return isa == 3; }

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
