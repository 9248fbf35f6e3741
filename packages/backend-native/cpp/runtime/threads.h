#pragma once

namespace hourglass {

// Sets how many threads kernels use, the caller's included; at least 1, at most 256.
void set_thread_count(int count);

}  // namespace hourglass
