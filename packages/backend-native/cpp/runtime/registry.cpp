#include "registry.h"

#include <string.h>

#include <atomic>
#include <vector>

namespace hourglass {

namespace {

Registration* registrations = nullptr;

struct Entry {
  const char* name;
  KernelFunction run[kIsaCount];
};

const std::vector<Entry>& table() {
  static const std::vector<Entry>* entries = [] {
    auto* all = new std::vector<Entry>();
    for (Registration* r = registrations; r != nullptr; r = r->next) {
      Entry* found = nullptr;
      for (Entry& entry : *all)
        if (strcmp(entry.name, r->name) == 0) found = &entry;
      if (found == nullptr) {
        all->push_back({r->name, {nullptr, nullptr, nullptr}});
        found = &all->back();
      }
      found->run[r->isa] = r->run;
    }
    return all;
  }();
  return *entries;
}

int detect() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return kBaseline;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return wide ? kAvx512 : kAvx2;
#else
  return kBaseline;
#endif
}

std::atomic<int> isa{-1};

}  // namespace

Registration::Registration(const char* name, int isa, KernelFunction run)
    : name(name), isa(isa), run(run), next(registrations) {
  registrations = this;
}

int find_kernel(const char* name) {
  const auto& entries = table();
  for (size_t i = 0; i < entries.size(); i++)
    if (strcmp(entries[i].name, name) == 0) return static_cast<int>(i);
  return -1;
}

KernelFunction kernel_at(int index) {
  const auto& entries = table();
  if (index < 0 || index >= static_cast<int>(entries.size())) return nullptr;
  for (int level = current_isa(); level >= 0; level--)
    if (entries[index].run[level] != nullptr) return entries[index].run[level];
  return nullptr;
}

int kernel_count() { return static_cast<int>(table().size()); }

const char* kernel_name(int index) { return table()[index].name; }

int best_isa() {
  static const int best = detect();
  return best;
}

int current_isa() {
  const int chosen = isa.load(std::memory_order_relaxed);
  return chosen >= 0 ? chosen : best_isa();
}

bool use_isa(int level) {
  if (level < 0 || level > best_isa()) return false;
  isa.store(level, std::memory_order_relaxed);
  return true;
}

const char* isa_name(int level) {
#if defined(__x86_64__)
  static const char* const names[kIsaCount] = {"sse2", "avx2", "avx512"};
#elif defined(__aarch64__)
  static const char* const names[kIsaCount] = {"neon", "", ""};
#else
  static const char* const names[kIsaCount] = {"baseline", "", ""};
#endif
  return level >= 0 && level < kIsaCount ? names[level] : "";
}

}  // namespace hourglass
