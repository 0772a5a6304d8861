// All that the text's networks take beside products. Included after product.inl.

#include "functions.inl"
#include "lstm.inl"
#include "attention.inl"
#include "rows.inl"

constexpr Text kText{lstm, attention_bytes, attention, gelu, layer_norm, adaptive_norm, spread, affine};
