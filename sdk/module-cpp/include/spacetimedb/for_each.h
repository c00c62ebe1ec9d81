// Repetition for macros: ORRERY_EACH(M, a, b, c) is M(a) M(b) M(c), ORRERY_LIST(M, a, b, c) is M(a), M(b), M(c); up to 50
// arguments. Each step takes eight arguments at once, so that an argument is scanned once per group of eight and not once
// per remaining argument.
#pragma once

#define ORRERY_CONCAT_(a, b) a##b
#define ORRERY_CONCAT(a, b) ORRERY_CONCAT_(a, b)
#define ORRERY_TEXT_(...) #__VA_ARGS__
#define ORRERY_TEXT(...) ORRERY_TEXT_(__VA_ARGS__)
#define ORRERY_FIRST(first, ...) first

#define ORRERY_ARG_51( \
    _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, \
    _21, _22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32, _33, _34, _35, _36, _37, _38, \
    _39, _40, _41, _42, _43, _44, _45, _46, _47, _48, _49, _50, chosen, ...) chosen
#define ORRERY_COUNT(...) ORRERY_ARG_51(__VA_ARGS__, \
    50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, \
    27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, \
    2, 1, 0)

#define ORRERY_EACH(M, ...) ORRERY_CONCAT(ORRERY_EACH_, ORRERY_COUNT(__VA_ARGS__))(M, __VA_ARGS__)
#define ORRERY_LIST(M, ...) ORRERY_CONCAT(ORRERY_LIST_, ORRERY_COUNT(__VA_ARGS__))(M, __VA_ARGS__)
#define ORRERY_EACH_0(M, ...)
#define ORRERY_LIST_0(M, ...)

#define ORRERY_EACH_1(M, a) M(a)
#define ORRERY_EACH_2(M, a, b) M(a) M(b)
#define ORRERY_EACH_3(M, a, b, c) M(a) M(b) M(c)
#define ORRERY_EACH_4(M, a, b, c, d) M(a) M(b) M(c) M(d)
#define ORRERY_EACH_5(M, a, b, c, d, e) M(a) M(b) M(c) M(d) M(e)
#define ORRERY_EACH_6(M, a, b, c, d, e, f) M(a) M(b) M(c) M(d) M(e) M(f)
#define ORRERY_EACH_7(M, a, b, c, d, e, f, g) M(a) M(b) M(c) M(d) M(e) M(f) M(g)
#define ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) M(a) M(b) M(c) M(d) M(e) M(f) M(g) M(h)
#define ORRERY_EACH_9(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_1(M, __VA_ARGS__)
#define ORRERY_EACH_10(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_2(M, __VA_ARGS__)
#define ORRERY_EACH_11(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_3(M, __VA_ARGS__)
#define ORRERY_EACH_12(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_4(M, __VA_ARGS__)
#define ORRERY_EACH_13(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_5(M, __VA_ARGS__)
#define ORRERY_EACH_14(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_6(M, __VA_ARGS__)
#define ORRERY_EACH_15(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_7(M, __VA_ARGS__)
#define ORRERY_EACH_16(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_8(M, __VA_ARGS__)
#define ORRERY_EACH_17(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_9(M, __VA_ARGS__)
#define ORRERY_EACH_18(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_10(M, __VA_ARGS__)
#define ORRERY_EACH_19(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_11(M, __VA_ARGS__)
#define ORRERY_EACH_20(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_12(M, __VA_ARGS__)
#define ORRERY_EACH_21(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_13(M, __VA_ARGS__)
#define ORRERY_EACH_22(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_14(M, __VA_ARGS__)
#define ORRERY_EACH_23(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_15(M, __VA_ARGS__)
#define ORRERY_EACH_24(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_16(M, __VA_ARGS__)
#define ORRERY_EACH_25(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_17(M, __VA_ARGS__)
#define ORRERY_EACH_26(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_18(M, __VA_ARGS__)
#define ORRERY_EACH_27(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_19(M, __VA_ARGS__)
#define ORRERY_EACH_28(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_20(M, __VA_ARGS__)
#define ORRERY_EACH_29(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_21(M, __VA_ARGS__)
#define ORRERY_EACH_30(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_22(M, __VA_ARGS__)
#define ORRERY_EACH_31(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_23(M, __VA_ARGS__)
#define ORRERY_EACH_32(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_24(M, __VA_ARGS__)
#define ORRERY_EACH_33(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_25(M, __VA_ARGS__)
#define ORRERY_EACH_34(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_26(M, __VA_ARGS__)
#define ORRERY_EACH_35(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_27(M, __VA_ARGS__)
#define ORRERY_EACH_36(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_28(M, __VA_ARGS__)
#define ORRERY_EACH_37(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_29(M, __VA_ARGS__)
#define ORRERY_EACH_38(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_30(M, __VA_ARGS__)
#define ORRERY_EACH_39(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_31(M, __VA_ARGS__)
#define ORRERY_EACH_40(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_32(M, __VA_ARGS__)
#define ORRERY_EACH_41(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_33(M, __VA_ARGS__)
#define ORRERY_EACH_42(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_34(M, __VA_ARGS__)
#define ORRERY_EACH_43(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_35(M, __VA_ARGS__)
#define ORRERY_EACH_44(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_36(M, __VA_ARGS__)
#define ORRERY_EACH_45(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_37(M, __VA_ARGS__)
#define ORRERY_EACH_46(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_38(M, __VA_ARGS__)
#define ORRERY_EACH_47(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_39(M, __VA_ARGS__)
#define ORRERY_EACH_48(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_40(M, __VA_ARGS__)
#define ORRERY_EACH_49(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_41(M, __VA_ARGS__)
#define ORRERY_EACH_50(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_EACH_8(M, a, b, c, d, e, f, g, h) ORRERY_EACH_42(M, __VA_ARGS__)

#define ORRERY_LIST_1(M, a) M(a)
#define ORRERY_LIST_2(M, a, b) M(a), M(b)
#define ORRERY_LIST_3(M, a, b, c) M(a), M(b), M(c)
#define ORRERY_LIST_4(M, a, b, c, d) M(a), M(b), M(c), M(d)
#define ORRERY_LIST_5(M, a, b, c, d, e) M(a), M(b), M(c), M(d), M(e)
#define ORRERY_LIST_6(M, a, b, c, d, e, f) M(a), M(b), M(c), M(d), M(e), M(f)
#define ORRERY_LIST_7(M, a, b, c, d, e, f, g) M(a), M(b), M(c), M(d), M(e), M(f), M(g)
#define ORRERY_LIST_8(M, a, b, c, d, e, f, g, h) M(a), M(b), M(c), M(d), M(e), M(f), M(g), M(h)
#define ORRERY_LIST_9(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_1(M, __VA_ARGS__)
#define ORRERY_LIST_10(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_2(M, __VA_ARGS__)
#define ORRERY_LIST_11(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_3(M, __VA_ARGS__)
#define ORRERY_LIST_12(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_4(M, __VA_ARGS__)
#define ORRERY_LIST_13(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_5(M, __VA_ARGS__)
#define ORRERY_LIST_14(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_6(M, __VA_ARGS__)
#define ORRERY_LIST_15(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_7(M, __VA_ARGS__)
#define ORRERY_LIST_16(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_8(M, __VA_ARGS__)
#define ORRERY_LIST_17(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_9(M, __VA_ARGS__)
#define ORRERY_LIST_18(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_10(M, __VA_ARGS__)
#define ORRERY_LIST_19(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_11(M, __VA_ARGS__)
#define ORRERY_LIST_20(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_12(M, __VA_ARGS__)
#define ORRERY_LIST_21(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_13(M, __VA_ARGS__)
#define ORRERY_LIST_22(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_14(M, __VA_ARGS__)
#define ORRERY_LIST_23(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_15(M, __VA_ARGS__)
#define ORRERY_LIST_24(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_16(M, __VA_ARGS__)
#define ORRERY_LIST_25(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_17(M, __VA_ARGS__)
#define ORRERY_LIST_26(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_18(M, __VA_ARGS__)
#define ORRERY_LIST_27(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_19(M, __VA_ARGS__)
#define ORRERY_LIST_28(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_20(M, __VA_ARGS__)
#define ORRERY_LIST_29(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_21(M, __VA_ARGS__)
#define ORRERY_LIST_30(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_22(M, __VA_ARGS__)
#define ORRERY_LIST_31(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_23(M, __VA_ARGS__)
#define ORRERY_LIST_32(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_24(M, __VA_ARGS__)
#define ORRERY_LIST_33(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_25(M, __VA_ARGS__)
#define ORRERY_LIST_34(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_26(M, __VA_ARGS__)
#define ORRERY_LIST_35(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_27(M, __VA_ARGS__)
#define ORRERY_LIST_36(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_28(M, __VA_ARGS__)
#define ORRERY_LIST_37(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_29(M, __VA_ARGS__)
#define ORRERY_LIST_38(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_30(M, __VA_ARGS__)
#define ORRERY_LIST_39(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_31(M, __VA_ARGS__)
#define ORRERY_LIST_40(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_32(M, __VA_ARGS__)
#define ORRERY_LIST_41(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_33(M, __VA_ARGS__)
#define ORRERY_LIST_42(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_34(M, __VA_ARGS__)
#define ORRERY_LIST_43(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_35(M, __VA_ARGS__)
#define ORRERY_LIST_44(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_36(M, __VA_ARGS__)
#define ORRERY_LIST_45(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_37(M, __VA_ARGS__)
#define ORRERY_LIST_46(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_38(M, __VA_ARGS__)
#define ORRERY_LIST_47(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_39(M, __VA_ARGS__)
#define ORRERY_LIST_48(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_40(M, __VA_ARGS__)
#define ORRERY_LIST_49(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_41(M, __VA_ARGS__)
#define ORRERY_LIST_50(M, a, b, c, d, e, f, g, h, ...) \
  ORRERY_LIST_8(M, a, b, c, d, e, f, g, h), ORRERY_LIST_42(M, __VA_ARGS__)
