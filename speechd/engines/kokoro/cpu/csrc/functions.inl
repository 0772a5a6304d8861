// Exponential functions of vectors, exact to a few units in the last place. NaN gives NaN. Included after kernel.inl.

typedef int32_t Integers __attribute__((vector_size(kLanes * sizeof(int32_t))));

// e^u, for u from -87 to 88; beyond, as at the nearer of them. With u = n ln 2 + r, |r| <= (ln 2) / 2, it is 2^n e^r.
// ln 2 in two parts, and the polynomial, are those of expf in Moshier's Cephes.
static inline Vector exponential(Vector u) {
  u = u < -87.0f ? all(-87.0f) : u;
  u = u > 88.0f ? all(88.0f) : u;
  const Vector shift = all(0x1.8p23f);  // adding it rounds to the nearest integer, which is then in the lowest bits
  const Vector shifted = u * all(1.44269504f) + shift, n = shifted - shift;
  const Vector r = (u - n * all(0.693359375f)) + n * all(2.12194440e-4f);
  Vector p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  Integers power;
  __builtin_memcpy(&power, &shifted, sizeof power);
  power = (power << 23) + 0x3f800000;
  Vector scale;
  __builtin_memcpy(&scale, &power, sizeof scale);
  return p * scale;
}

static inline Vector sigmoid(Vector u) { return 1.0f / (1.0f + exponential(-u)); }

// By a polynomial (Cephes' tanhf) where 1 - 2 / (e^2u + 1) would cancel.
static inline Vector hyperbolic_tangent(Vector u) {
  const Vector z = u * u;
  Vector p = all(-5.70498872745e-3f);
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const Vector small = p * z * u + u, large = 1.0f - 2.0f / (exponential(u + u) + 1.0f);
  return z < 0.390625f ? small : large;
}
