// Words of two bfloat16, multiplied and summed in float32 by one instruction (AVX512-BF16). Included after product.inl.

struct Bfloat16 {
  using Word = int32_t;
  static constexpr int kDeep = 2;
  static inline Vector words(const Word* from) { return (Vector)_mm512_loadu_si512(from); }
  static inline Vector spread(Word word) { return (Vector)_mm512_set1_epi32(word); }
  static inline Vector add(Vector sum, Vector first, Vector second) {
    return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)first, (__m512bh)second);
  }
  static inline Vector negative(Vector words) {
    return (Vector)_mm512_xor_si512((__m512i)words, _mm512_set1_epi32(int(0x80008000)));
  }
  // The nearest bfloat16 of kLanes floats.
  static inline void narrow(char* to, Vector value) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh((__m512)value));
  }
};
