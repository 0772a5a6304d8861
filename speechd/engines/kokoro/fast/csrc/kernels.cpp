// The generator's convolutions for the CPU: norm, activation, Winograd convolution, residual and statistics in one
// pass over blocks of time that stay in a core's cache. A plain C interface: it needs neither Python nor PyTorch.

#include <cstddef>
#include <vector>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "convolution.h"

namespace speechd {

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,fma")
namespace avx512 {
constexpr int kLanes = 16, kRows = 12;
#include "kernel.inl"
}  // namespace avx512
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
constexpr int kLanes = 8, kRows = 6;
#include "kernel.inl"
}  // namespace avx2
#pragma GCC pop_options
#endif

// SSE2 or NEON: what every x86-64 or AArch64 has.
namespace baseline {
#if defined(__aarch64__)
constexpr int kLanes = 4, kRows = 12;
#else
constexpr int kLanes = 4, kRows = 6;
#endif
#include "kernel.inl"
}  // namespace baseline

struct Isa {
  int64_t lanes, rows;
  void (*block)(const Convolution&, const Call&, const Plan&, int64_t, float*, double*);
};

constexpr Isa kIsas[] = {
    {baseline::kLanes, baseline::kRows, baseline::block},
#if defined(__x86_64__)
    {avx2::kLanes, avx2::kRows, avx2::block},
    {avx512::kLanes, avx512::kRows, avx512::block},
#endif
};

// A block's transformed rows take about this: they share a second-level cache (1 to 2 MiB) with products and weights.
constexpr int64_t kTransformedBytes = 576 * 1024;

static Plan plan(const Convolution& conv, const Isa& isa, int64_t rows) {
  const int64_t bytes = kPoints * conv.inputs * int64_t(sizeof(float));
  const int64_t target = kTransformedBytes / bytes / isa.rows * isa.rows;  // rows of products
  Plan result;
  result.tiles = target / conv.dilation > 1 ? target / conv.dilation : 1;
  result.rows = result.tiles * conv.dilation * conv.step;
  result.blocks = (rows + result.rows - 1) / result.rows;
  result.source_rows = ((result.tiles + conv.groups - 2) * conv.step + kPoints) * conv.dilation;
  result.products = (result.tiles * conv.dilation + isa.rows - 1) / isa.rows * isa.rows;
  result.transformed = result.products + (conv.groups - 1) * conv.dilation;
  return result;
}

static int64_t scratch_floats(const Convolution& conv, const Isa& isa) {
  const Plan shape = plan(conv, isa, 1);
  const int64_t products = kPoints * shape.products * 2 * isa.lanes, active = shape.source_rows * isa.lanes;
  return kPoints * conv.inputs * shape.transformed + (products > active ? products : active);
}

static void convolve(const Convolution& conv, const Call& call, const Isa& isa) {
  const Plan shape = plan(conv, isa, call.rows);
  const int64_t scratch = scratch_floats(conv, isa), size = 2 * conv.outputs;
  std::vector<double> moments(std::size_t(shape.blocks * size));
#pragma omp parallel for schedule(dynamic) num_threads(int(call.threads))
  for (int64_t index = 0; index < shape.blocks; ++index) {
#if defined(_OPENMP)
    float* own = call.scratch + omp_get_thread_num() * scratch;
#else
    float* own = call.scratch;
#endif
    isa.block(conv, call, shape, index, own, moments.data() + index * size);
  }
  // In the order of time, so that the sums do not depend on which thread was first.
  for (int64_t i = 0; i < size; ++i) call.moments[i] = 0;
  for (int64_t index = 0; index < shape.blocks; ++index)
    for (int64_t i = 0; i < size; ++i) call.moments[i] += moments[std::size_t(index * size + i)];
}

}  // namespace speechd

// The C interface. `isa` counts from 0, the least, to speechd_isa(), the best of this machine.
extern "C" {

int64_t speechd_isa() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw"))
    return 2;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
  return 0;
}

// Output channels that lie together in the weights.
int64_t speechd_width(int64_t isa) { return 2 * speechd::kIsas[isa].lanes; }

int64_t speechd_scratch_floats(const speechd::Convolution* conv, int64_t isa) {
  return speechd::scratch_floats(*conv, speechd::kIsas[isa]);
}

void speechd_convolve(const speechd::Convolution* conv, const speechd::Call* call, int64_t isa) {
  speechd::convolve(*conv, *call, speechd::kIsas[isa]);
}
}
