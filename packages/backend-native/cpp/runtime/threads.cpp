// One pool of threads for the process. A kernel hands it numbered chunks; whoever is free takes the next. Since what a
// chunk computes does not depend on who computes it, results are the same whatever the number of threads.
#include "threads.h"

#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "kernel.h"

namespace hourglass {

namespace {

inline void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Between two kernels of a training step JavaScript works for some ten microseconds: worth waiting awake for.
constexpr auto kAwake = std::chrono::microseconds(200);

class Pool {
 public:
  int size() const { return size_.load(std::memory_order_relaxed); }

  // Only one caller has the pool at a time; others work alone.
  bool try_run(int64_t chunks, void (*body)(void*, int64_t), void* context) {
    std::unique_lock<std::mutex> owner(owner_, std::try_to_lock);
    if (!owner.owns_lock()) return false;
    start_missing();
    body_ = body;
    context_ = context;
    chunks_ = chunks;
    next_.store(0);
    open_.store(true);
    generation_.fetch_add(1);
    if (sleeping_.load() > 0) {
      { std::lock_guard<std::mutex> lock(sleep_); }
      wake_.notify_all();
    }
    take_chunks();
    open_.store(false);
    // a thread that the system has put aside in the midst of a chunk needs this processor to finish it
    for (int i = 1; active_.load() != 0; i++) i % 4096 == 0 ? std::this_thread::yield() : pause_briefly();
    return true;
  }

  void resize(int count) {
    std::lock_guard<std::mutex> owner(owner_);
    size_.store(count);
  }

 private:
  void start_missing() {
    while (static_cast<int>(threads_.size()) < size() - 1) {
      const int index = static_cast<int>(threads_.size()) + 1;
      threads_.emplace_back([this, index] { work(index); });
      threads_.back().detach();
    }
  }

  void take_chunks() {
    for (int64_t chunk; (chunk = next_.fetch_add(1)) < chunks_;) body_(context_, chunk);
  }

  void work(int index);

  void wait_for(uint64_t seen) {
    const auto until = std::chrono::steady_clock::now() + kAwake;
    for (int i = 1; generation_.load(std::memory_order_acquire) == seen; i++) {
      pause_briefly();
      if (i % 64 == 0 && std::chrono::steady_clock::now() > until) break;
    }
    if (generation_.load() != seen) return;
    std::unique_lock<std::mutex> lock(sleep_);
    sleeping_.fetch_add(1);
    wake_.wait(lock, [&] { return generation_.load() != seen; });
    sleeping_.fetch_sub(1);
  }

  std::mutex owner_;
  std::atomic<int> size_{1};
  std::vector<std::thread> threads_;
  // the work in hand
  void (*body_)(void*, int64_t) = nullptr;
  void* context_ = nullptr;
  int64_t chunks_ = 0;
  std::atomic<int64_t> next_{0};
  // A thread counts itself active before it looks whether the work is open; the owner closes it before it looks whether
  // anyone is active. So nobody touches work that is over.
  std::atomic<bool> open_{false};
  std::atomic<int> active_{0};
  std::atomic<uint64_t> generation_{0};
  std::mutex sleep_;
  std::condition_variable wake_;
  std::atomic<int> sleeping_{0};
};

// Never destroyed: its threads may still wait on it when the process ends.
Pool& pool() {
  static Pool* instance = new Pool();
  return *instance;
}

thread_local bool working = false;

void Pool::work(int index) {
  working = true;
  uint64_t seen = 0;
  for (;;) {
    wait_for(seen);
    seen = generation_.load();
    // threads beyond a lowered count sit the work out
    if (index >= size()) continue;
    active_.fetch_add(1);
    if (open_.load()) take_chunks();
    active_.fetch_sub(1);
  }
}

struct Scratch {
  void* memory[8] = {};
  size_t bytes[8] = {};
  ~Scratch() {
    for (void* block : memory) free(block);
  }
};

thread_local Scratch scratches;

}  // namespace

void run_chunks(int64_t chunks, void (*body)(void*, int64_t), void* context) {
  if (chunks > 1 && !working && pool().size() > 1) {
    working = true;
    const bool done = pool().try_run(chunks, body, context);
    working = false;
    if (done) return;
  }
  for (int64_t chunk = 0; chunk < chunks; chunk++) body(context, chunk);
}

void* scratch(int slot, size_t bytes) {
  Scratch& own = scratches;
#if defined(__SANITIZE_ADDRESS__)
  // of exactly this size, and elsewhere each time, so that what goes beyond it or outlives it is found
  const size_t rounded = bytes < 1 ? 1 : bytes;
  const bool fits = false;
#else
  const size_t rounded = (bytes + bytes / 4 + 4096) & ~static_cast<size_t>(4095);
  const bool fits = own.memory[slot] != nullptr && own.bytes[slot] >= bytes;
#endif
  if (!fits) {
    free(own.memory[slot]);
    own.bytes[slot] = 0;
    if (posix_memalign(&own.memory[slot], 64, rounded) != 0) {
      own.memory[slot] = nullptr;
      return nullptr;
    }
    own.bytes[slot] = rounded;
  }
  return own.memory[slot];
}

int thread_count() { return pool().size(); }

void set_thread_count(int count) { pool().resize(count < 1 ? 1 : count > 256 ? 256 : count); }

}  // namespace hourglass
