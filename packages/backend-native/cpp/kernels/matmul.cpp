// Products of matrices, alone and in batches.
#include "../linalg/gemm.h"
#include "../reduce/columns.h"

HG_BEGIN

Batches batches_of(const Arguments& args, int at) {
  Batches batches;
  batches.axes = static_cast<int>(args.at(at));
  for (int axis = 0; axis < batches.axes; axis++) {
    batches.sizes[axis] = args.at(at + 1 + 3 * axis);
    batches.a_strides[axis] = args.at(at + 2 + 3 * axis);
    batches.b_strides[axis] = args.at(at + 3 + 3 * axis);
  }
  return batches;
}

// a, b, c, m, n, k, transpose a, transpose b, bias (or 0), activation (see TileActivation), slope, slopes (or 0),
// axes of the batch (at most 6); for each its size and how far apart matrices of a and of b are along it
HG_KERNEL(matmul) {
  const int64_t m = args.at(3), n = args.at(4), k = args.at(5);
  const bool turn_a = args.flag(6), turn_b = args.flag(7);
  const Finish finish{args.f32(8), static_cast<int>(args.at(9)), static_cast<float>(args.number(10)), args.f32(11)};
  Product product{m, n, k, {args.f32(0), turn_a ? m : k, turn_a}, {args.f32(1), turn_b ? k : n, turn_b}, args.f32(2), n, false, nullptr};
  if (finish.bias != nullptr || finish.activation != kNoActivation) product.finish = &finish;
  return multiply_batches(product, batches_of(args, 12)) ? nullptr : "out of memory";
}

// Of integers, modulo 2^32: a, b, c, m, n, k, transpose a, transpose b, axes of the batch and what follows as above
HG_KERNEL(matmul_int32) {
  const int64_t m = args.at(3), n = args.at(4), k = args.at(5);
  const bool turn_a = args.flag(6), turn_b = args.flag(7);
  const Batches batches = batches_of(args, 8);
  const int64_t rows = batches.count() * m;
  const int64_t grain = larger<int64_t>(1, 65536 / larger<int64_t>(1, n * k));
  parallel_ranges(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      int64_t index = row / m;
      const int64_t i = row % m;
      const uint32_t* a = args.pointer<uint32_t>(0);
      const uint32_t* b = args.pointer<uint32_t>(1);
      for (int axis = batches.axes - 1; axis >= 0; axis--) {
        a += index % batches.sizes[axis] * batches.a_strides[axis];
        b += index % batches.sizes[axis] * batches.b_strides[axis];
        index /= batches.sizes[axis];
      }
      uint32_t* c = args.pointer<uint32_t>(2) + row * n;
      memset(c, 0, static_cast<size_t>(n) * 4);
      for (int64_t p = 0; p < k; p++) {
        const uint32_t factor = turn_a ? a[p * m + i] : a[i * k + p];
        if (turn_b)
          for (int64_t j = 0; j < n; j++) c[j] += factor * b[j * k + p];
        else
          for (int64_t j = 0; j < n; j++) c[j] += factor * b[p * n + j];
      }
    }
  });
  return nullptr;
}

// x [rows, columns], sums [columns], rows, columns
HG_KERNEL(column_sums_of) {
  return column_sums(args.f32(0), args.at(3), args.at(2), args.at(3), args.f32(1)) ? nullptr : "out of memory";
}

HG_END
