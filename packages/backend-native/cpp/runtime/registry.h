// The kernels by name, and which instruction set is in use.
#pragma once
#include "kernel.h"

namespace hourglass {

// A number for `name`, or -1 when there is no such kernel.
int find_kernel(const char* name);
// The kernel in the instruction set in use, or the richest one below it.
KernelFunction kernel_at(int index);
int kernel_count();
const char* kernel_name(int index);

// The richest instruction set that this processor has.
int best_isa();
int current_isa();
// False when this processor does not have it.
bool use_isa(int isa);
const char* isa_name(int isa);

}  // namespace hourglass
