// Places grouped into rows by a pointer array, as in compressed sparse rows.
#pragma once
#include "indices.h"

namespace hourglass {
namespace HG_NAMESPACE {

// Null when `pointer` (rows + 1 numbers) leads from 0 to `places` and never falls.
inline const char* check_pointer(const int32_t* pointer, int64_t rows, int64_t places) {
  uint32_t falls = pointer[0] != 0 || pointer[rows] != places;
  for (int64_t row = 0; row < rows; row++) falls |= pointer[row + 1] < pointer[row] ? 1u : 0u;
  return falls ? "pointer: must lead from 0 to the number of places and never fall" : nullptr;
}

// Rows that make up one chunk of work: some 32 thousand numbers if all rows were of the same length.
HG_INLINE int64_t rows_in_chunk(int64_t rows, int64_t places, int64_t width) {
  const int64_t numbers = (places + rows) * larger<int64_t>(width, 1);
  return larger<int64_t>(1, static_cast<int64_t>(32768.0 * static_cast<double>(rows) / static_cast<double>(numbers + 1)));
}

}  // namespace HG_NAMESPACE
}  // namespace hourglass
