/* SPDX-License-Identifier: GPL-2.0 */
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define __uninitialized
