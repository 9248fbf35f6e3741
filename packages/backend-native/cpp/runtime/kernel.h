// What a kernel is: a function of numbers, known by name, compiled once for every instruction set.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace hourglass {

// Returns null, or a sentence that says what was wrong.
typedef const char* (*KernelFunction)(const double* arguments);

// Instruction sets, from the one that every machine has to the richest.
enum Isa { kBaseline = 0, kAvx2 = 1, kAvx512 = 2, kIsaCount = 3 };

struct Registration {
  const char* name;
  int isa;
  KernelFunction run;
  Registration* next;
  Registration(const char* name, int isa, KernelFunction run);
};

// Runs body(context, chunk) for chunk = 0 … chunks - 1 on the pool's threads, the caller's among them, in any order.
// From inside a body it runs the chunks one after the other.
void run_chunks(int64_t chunks, void (*body)(void* context, int64_t chunk), void* context);

// Memory of this thread, 64-byte aligned, with undefined contents; valid until the same slot is asked for again.
// Slots 0 … 7. Null when there is no memory left.
void* scratch(int slot, size_t bytes);

// How many threads run_chunks uses at most. A kernel's result must not depend on it.
int thread_count();

}  // namespace hourglass
