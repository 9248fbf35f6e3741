// Comparisons and logic of two tensors with broadcasting, to bool. Arguments of all: see broadcast.h.
#include "../elementwise/broadcast.h"

HG_BEGIN

constexpr int64_t kGrain = 1 << 15;

#define HG_COMPARISON(NAME, OPERATION, SIGN)                                                                  \
  struct OPERATION {                                                                                          \
    template <typename T>                                                                                     \
    static HG_INLINE uint8_t of(T a, T b) {                                                                   \
      return a SIGN b;                                                                                        \
    }                                                                                                         \
  };                                                                                                          \
  HG_KERNEL(NAME##_f32) { return broadcast(args, 0, plain_loop<OPERATION, float, uint8_t>, 4, 1, kGrain); }   \
  HG_KERNEL(NAME##_i32) { return broadcast(args, 0, plain_loop<OPERATION, int32_t, uint8_t>, 4, 1, kGrain); } \
  HG_KERNEL(NAME##_bool) { return broadcast(args, 0, plain_loop<OPERATION, uint8_t, uint8_t>, 1, 1, kGrain); }

HG_COMPARISON(equal, Equal, ==)
HG_COMPARISON(not_equal, NotEqual, !=)
HG_COMPARISON(greater, Greater, >)
HG_COMPARISON(greater_equal, GreaterEqual, >=)
HG_COMPARISON(less, Less, <)
HG_COMPARISON(less_equal, LessEqual, <=)

// Of bytes that are 0 or anything else.
#define HG_LOGIC(NAME, OPERATION, EXPRESSION)                     \
  struct OPERATION {                                              \
    static HG_INLINE uint8_t of(uint8_t a, uint8_t b) {           \
      return EXPRESSION;                                          \
    }                                                             \
  };                                                              \
  HG_KERNEL(NAME) { return broadcast(args, 0, plain_loop<OPERATION, uint8_t, uint8_t>, 1, 1, kGrain); }

HG_LOGIC(logical_and, LogicalAnd, (a != 0) & (b != 0))
HG_LOGIC(logical_or, LogicalOr, (a | b) != 0)
HG_LOGIC(logical_xor, LogicalXor, (a != 0) ^ (b != 0))

HG_END
