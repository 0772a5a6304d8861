// The generator's convolutions for the CPU: norm, activation, fast convolution, residual and statistics in one pass
// over blocks of time that stay in a core's cache; and products of rows with a matrix, and the LSTMs,
// attention and norms of the text's networks, for everything else.
// A plain C interface: it needs neither Python nor PyTorch.

#include <cstddef>
#include <limits>
#include <vector>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "instruction_sets.h"

#if !defined(SPEECHD_SOURCES)
#define SPEECHD_SOURCES 0
#endif

#if defined(SPEECHD_AMX)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace speechd {

// A block's transformed rows take about this: they share a second-level cache (1 to 2 MiB) with products and weights.
constexpr int64_t kTransformedBytes = 576 * 1024;
// The same on a matrix unit, whose processors have 2 MiB, and which waits less for weights the more rows there are.
constexpr int64_t kMatrixTransformedBytes = 832 * 1024;
// Register tiles of a block at least, on a matrix unit: it is done with weights sooner than memory has the next ones.
constexpr int64_t kLeastTiles = 2;

// Bytes of all input channels of one transformed row.
static int64_t row_bytes(const Convolution& conv) {
  return conv.inputs * (conv.fourier ? 4 : conv.parts ? 2 * conv.parts : 4);
}

static int64_t points(const Convolution& conv) { return conv.fourier ? kFourierSize : kPoints; }

// The plan of blocks of `rows`, or of the most that suit the cache.
static Plan plan(const Convolution& conv, const Isa& isa, int64_t rows) {
  const int64_t together = conv.parts ? kMatrixTransformedBytes : kTransformedBytes;
  const int64_t suits = together / (points(conv) * row_bytes(conv)) / isa.rows * isa.rows;
  const int64_t least = conv.parts ? kLeastTiles * isa.rows : 0, target = suits > least ? suits : least;
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
  // On a matrix unit, the weights of two points for one panel besides.
  const int64_t weights = conv.parts ? 2 * conv.groups * row_bytes(conv) * 2 * isa.lanes : 0;
  const int64_t bytes = points(conv) * row_bytes(conv) * shape.transformed + floats * int64_t(sizeof(float)) + weights;
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

static int64_t this_thread() {
#if defined(_OPENMP)
  return omp_get_thread_num();
#else
  return 0;
#endif
}

static int64_t threads_here() {
#if defined(_OPENMP)
  return omp_get_num_threads();
#else
  return 1;
#endif
}

// On the matrix unit: the scratch memory has the rows, and each thread's own.
static void multiply_matrix(const Product& product, const ProductCall& call, const Matrix& matrix, int64_t panels) {
  const int64_t rows = matrix.rows(product, call), together = matrix.rows_at_once(product, call);
  char* scratch = call.scratch + matrix.rows_bytes(product, call);
#pragma omp parallel num_threads(int(call.threads))
  {
#pragma omp for schedule(static)
    for (int64_t row = 0; row < rows; ++row) matrix.split_row(product, call, row);
    const int64_t thread = this_thread(), count = threads_here();
    const int64_t index = panels * thread / count, past = panels * (thread + 1) / count;
    char* own = scratch + thread * matrix.own_bytes(product, call);
    for (int64_t first = 0; first < call.rows && index < past; first += together) {
      const int64_t end = first + together < call.rows ? first + together : call.rows;
      matrix.panels(product, call, index, past, first, end, own);
    }
  }
}

static int64_t product_bytes(const Product& product, const ProductCall& call, const Matrix& matrix) {
  return product.matrix ? matrix.rows_bytes(product, call) + call.threads * matrix.own_bytes(product, call) : 0;
}

static void multiply(const Product& product, const ProductCall& call, const Isa& isa) {
  const Panel panel = product.bfloat16 ? isa.panel_bfloat16 : isa.panel;
  const int64_t width = 2 * isa.lanes, panels = (product.outputs + width - 1) / width;
  if (product.matrix) return multiply_matrix(product, call, isa.matrix, panels);
#pragma omp parallel for schedule(dynamic) num_threads(int(call.threads))
  for (int64_t index = 0; index < panels; ++index) panel(product, call, index);
}

static void recur(const Lstm& lstm, const LstmCall& call, const Isa& isa) {
#pragma omp parallel for schedule(static) num_threads(int(call.threads < 2 ? call.threads : 2))
  for (int64_t direction = 0; direction < 2; ++direction) isa.text.lstm(lstm, call, direction);
}

static void attend(const AttentionCall& call, const Isa& isa) {
  const int64_t bytes = isa.text.attention_bytes(call);
#pragma omp parallel for schedule(dynamic) num_threads(int(call.threads))
  for (int64_t head = 0; head < call.heads; ++head)
    isa.text.attention(call, head, call.scratch + this_thread() * bytes);
}

static void normalize_rows(const LayerNormCall& call, const Isa& isa) {
#pragma omp parallel for schedule(static) num_threads(int(call.threads))
  for (int64_t row = 0; row < call.rows; ++row) isa.text.layer_norm(call, row);
}

static void normalize_channels(const AdaptiveNormCall& call, const Isa& isa) {
#pragma omp parallel for schedule(static) num_threads(int(call.threads))
  for (int64_t channel = 0; channel < call.channels; channel += isa.lanes) isa.text.adaptive_norm(call, channel);
}

static void count_channels(const SpreadCall& call, const Isa& isa) {
#pragma omp parallel for schedule(static) num_threads(int(call.threads))
  for (int64_t channel = 0; channel < call.channels; channel += isa.lanes) isa.text.spread(call, channel);
}

static void activate(float* values, int64_t count, int64_t threads, const Isa& isa) {
  constexpr int64_t kPart = 4096;
#pragma omp parallel for schedule(static) num_threads(int(threads))
  for (int64_t first = 0; first < count; first += kPart)
    isa.text.gelu(values + first, count - first < kPart ? count - first : kPart);
}

#if defined(SPEECHD_AMX)
// Whether there is a matrix unit and the kernel lets this process, and what it forks, use it (Linux: arch_prctl(2)).
static bool amx_usable() {
  constexpr unsigned kTile = 1u << 24, kInt8 = 1u << 25, kBfloat16 = 1u << 22;  // CPUID leaf 7, EDX
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  unsigned a, b, c, d;
  return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vbmi") &&
         __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & kTile) && (d & kInt8) &&
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

// The sizes of all structures, which Python declares once more.
int64_t speechd_layout() {
  using namespace speechd;
  const std::size_t sizes[] = {sizeof(Convolution), sizeof(Call),          sizeof(Product),       sizeof(ProductCall),
                               sizeof(Lstm),        sizeof(LstmCall),      sizeof(AttentionCall), sizeof(LayerNormCall),
                               sizeof(AdaptiveNormCall), sizeof(SpreadCall), sizeof(AffineCall)};
  uint64_t layout = 0;
  for (const std::size_t size : sizes) layout = layout * 1009 + size;
  return int64_t(layout >> 1);
}

// The CRC-32 of the sources that it was built from; 0 where the build did not say.
int64_t speechd_sources() { return SPEECHD_SOURCES; }

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

// Scratch memory of a call, its threads set.
int64_t speechd_product_bytes(const speechd::Product* product, const speechd::ProductCall* call, int64_t isa) {
  return speechd::product_bytes(*product, *call, speechd::kIsas[isa].matrix);
}

int64_t speechd_attention_bytes(const speechd::AttentionCall* call, int64_t isa) {
  return call->threads * speechd::kIsas[isa].text.attention_bytes(*call);
}

void speechd_lstm(const speechd::Lstm* lstm, const speechd::LstmCall* call, int64_t isa) {
  speechd::recur(*lstm, *call, speechd::kIsas[isa]);
}

void speechd_attention(const speechd::AttentionCall* call, int64_t isa) {
  speechd::attend(*call, speechd::kIsas[isa]);
}

void speechd_layer_norm(const speechd::LayerNormCall* call, int64_t isa) {
  speechd::normalize_rows(*call, speechd::kIsas[isa]);
}

void speechd_adaptive_norm(const speechd::AdaptiveNormCall* call, int64_t isa) {
  speechd::normalize_channels(*call, speechd::kIsas[isa]);
}

void speechd_spread(const speechd::SpreadCall* call, int64_t isa) {
  speechd::count_channels(*call, speechd::kIsas[isa]);
}

void speechd_affine(const speechd::AffineCall* call, int64_t isa) { speechd::kIsas[isa].text.affine(*call); }

// GELU in place.
void speechd_gelu(float* values, int64_t count, int64_t threads, int64_t isa) {
  speechd::activate(values, count, threads, speechd::kIsas[isa]);
}
}
