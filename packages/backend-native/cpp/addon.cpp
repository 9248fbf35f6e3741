// The door between JavaScript and the kernels. Arguments travel as numbers in one shared Float64Array; tensors live in
// memory that only C++ touches, and JavaScript knows it by its address.
#include <math.h>
#include <node_api.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <new>
#include <unordered_map>

#include "runtime/registry.h"
#include "runtime/threads.h"

namespace {

using namespace hourglass;

constexpr size_t kArguments = 4096;

// What belongs to one Node environment: the main thread or a worker.
struct Environment {
  double* arguments = nullptr;
  std::unordered_map<void*, size_t> blocks;
  ~Environment() {
    for (const auto& block : blocks) free(block.first);
  }
};

napi_value fail(napi_env env, const char* message) {
  napi_throw_error(env, nullptr, message);
  return nullptr;
}

Environment* environment_of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return static_cast<Environment*>(data);
}

template <size_t count>
bool arguments_of(napi_env env, napi_callback_info info, napi_value (&values)[count]) {
  size_t given = count;
  return napi_get_cb_info(env, info, &given, values, nullptr, nullptr) == napi_ok && given >= count;
}

bool number_of(napi_env env, napi_value value, double* number) { return napi_get_value_double(env, value, number) == napi_ok; }

napi_value make_number(napi_env env, double number) {
  napi_value value;
  napi_create_double(env, number, &value);
  return value;
}

napi_value make_string(napi_env env, const char* text) {
  napi_value value;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

// The block that `address` is the beginning of, if it is one.
bool block_at(napi_env env, napi_value value, void** block, size_t* bytes) {
  double address;
  if (!number_of(env, value, &address)) return false;
  *block = reinterpret_cast<void*>(static_cast<uintptr_t>(address));
  const auto& blocks = environment_of(env)->blocks;
  const auto found = blocks.find(*block);
  if (found == blocks.end()) return false;
  *bytes = found->second;
  return true;
}

// allocate(bytes): address, or 0 when there is no memory.
napi_value allocate(napi_env env, napi_callback_info info) {
  napi_value values[1];
  double bytes;
  if (!arguments_of(env, info, values) || !number_of(env, values[0], &bytes) || !(bytes >= 0 && bytes < 9e15))
    return fail(env, "allocate: needs a number of bytes");
  void* block = nullptr;
  const size_t size = bytes < 1 ? 1 : static_cast<size_t>(bytes);
  // large blocks on large pages where the system has them: fewer misses of the page tables
  const size_t page = size_t{1} << 21;
  const bool large = size >= 2 * page;
  if (posix_memalign(&block, large ? page : 64, size) != 0) return make_number(env, 0);
#if defined(__linux__)
  if (large) madvise(block, size, MADV_HUGEPAGE);
#endif
  try {
    environment_of(env)->blocks.emplace(block, size);
  } catch (const std::bad_alloc&) {
    free(block);
    return make_number(env, 0);
  }
  return make_number(env, static_cast<double>(reinterpret_cast<uintptr_t>(block)));
}

// release(address)
napi_value release(napi_env env, napi_callback_info info) {
  napi_value values[1];
  void* block;
  size_t bytes;
  if (!arguments_of(env, info, values) || !block_at(env, values[0], &block, &bytes))
    return fail(env, "release: not the address of a block");
  environment_of(env)->blocks.erase(block);
  free(block);
  return nullptr;
}

// The memory of a typed array, in bytes.
bool typed_array_of(napi_env env, napi_value value, void** data, size_t* bytes) {
  napi_typedarray_type type;
  size_t length;
  if (napi_get_typedarray_info(env, value, &type, &length, data, nullptr, nullptr) != napi_ok) return false;
  const size_t width = type == napi_float64_array || type == napi_bigint64_array || type == napi_biguint64_array ? 8
                       : type == napi_float32_array || type == napi_int32_array || type == napi_uint32_array   ? 4
                       : type == napi_int16_array || type == napi_uint16_array                                 ? 2
                                                                                                                : 1;
  *bytes = length * width;
  return true;
}

// read(address, typedArray) fills the array from the block; write(address, typedArray) the block from the array.
template <bool reading>
napi_value copy(napi_env env, napi_callback_info info) {
  napi_value values[2];
  void *block, *data;
  size_t room, bytes;
  if (!arguments_of(env, info, values) || !block_at(env, values[0], &block, &room) ||
      !typed_array_of(env, values[1], &data, &bytes))
    return fail(env, "copy: needs the address of a block and a typed array");
  if (bytes > room) return fail(env, "copy: the array is longer than the block");
  if (bytes > 0) {
    if (reading)
      memcpy(data, block, bytes);
    else
      memcpy(block, data, bytes);
  }
  return nullptr;
}

// kernel(name): its number, or -1.
napi_value kernel(napi_env env, napi_callback_info info) {
  napi_value values[1];
  char name[64];
  size_t length;
  if (!arguments_of(env, info, values) ||
      napi_get_value_string_utf8(env, values[0], name, sizeof name, &length) != napi_ok)
    return fail(env, "kernel: needs a name");
  return make_number(env, find_kernel(name));
}

// run(kernel): runs it on what is in the argument array.
napi_value run(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int32_t index;
  if (!arguments_of(env, info, values) || napi_get_value_int32(env, values[0], &index) != napi_ok)
    return fail(env, "run: needs the number of a kernel");
  const KernelFunction function = kernel_at(index);
  if (function == nullptr) return fail(env, "run: there is no kernel of this number");
  const char* problem = function(environment_of(env)->arguments);
  return problem == nullptr ? nullptr : fail(env, problem);
}

napi_value kernels(napi_env env, napi_callback_info) {
  napi_value list;
  napi_create_array(env, &list);
  for (int i = 0; i < kernel_count(); i++) napi_set_element(env, list, i, make_string(env, kernel_name(i)));
  return list;
}

// isas(): the names of what this processor has, the plainest first.
napi_value isas(napi_env env, napi_callback_info) {
  napi_value list;
  napi_create_array(env, &list);
  for (int i = 0; i <= best_isa(); i++) napi_set_element(env, list, i, make_string(env, isa_name(i)));
  return list;
}

napi_value isa(napi_env env, napi_callback_info) { return make_string(env, isa_name(current_isa())); }

// setIsa(name): false when this processor has no such instruction set.
napi_value set_isa(napi_env env, napi_callback_info info) {
  napi_value values[1], result;
  char name[32];
  size_t length;
  if (!arguments_of(env, info, values) ||
      napi_get_value_string_utf8(env, values[0], name, sizeof name, &length) != napi_ok)
    return fail(env, "setIsa: needs a name");
  bool done = false;
  for (int i = 0; i <= best_isa(); i++)
    if (strcmp(name, isa_name(i)) == 0) done = use_isa(i);
  napi_get_boolean(env, done, &result);
  return result;
}

napi_value threads(napi_env env, napi_callback_info) { return make_number(env, thread_count()); }

napi_value set_threads(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int32_t count;
  if (!arguments_of(env, info, values) || napi_get_value_int32(env, values[0], &count) != napi_ok)
    return fail(env, "setThreads: needs a number");
  set_thread_count(count);
  return nullptr;
}

bool add_function(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function) == napi_ok &&
         napi_set_named_property(env, exports, name, function) == napi_ok;
}

}  // namespace

NAPI_MODULE_INIT() {
  auto* environment = new (std::nothrow) Environment();
  if (environment == nullptr) return nullptr;
  napi_set_instance_data(
      env, environment, [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); }, nullptr);
  void* memory = nullptr;
  napi_value buffer, array;
  napi_create_arraybuffer(env, kArguments * sizeof(double), &memory, &buffer);
  napi_create_typedarray(env, napi_float64_array, kArguments, buffer, 0, &array);
  environment->arguments = static_cast<double*>(memory);
  // kept for good: kernels write into it whatever becomes of the exports
  napi_ref reference;
  napi_create_reference(env, array, 1, &reference);
  napi_set_named_property(env, exports, "arguments", array);
  add_function(env, exports, "allocate", allocate);
  add_function(env, exports, "release", release);
  add_function(env, exports, "read", copy<true>);
  add_function(env, exports, "write", copy<false>);
  add_function(env, exports, "kernel", kernel);
  add_function(env, exports, "kernels", kernels);
  add_function(env, exports, "run", run);
  add_function(env, exports, "isas", isas);
  add_function(env, exports, "isa", isa);
  add_function(env, exports, "setIsa", set_isa);
  add_function(env, exports, "threads", threads);
  add_function(env, exports, "setThreads", set_threads);
  return exports;
}
