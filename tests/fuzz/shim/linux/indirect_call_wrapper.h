/* SPDX-License-Identifier: GPL-2.0 */
#define INDIRECT_CALL_1(f, f1, ...)	((f)(__VA_ARGS__))
