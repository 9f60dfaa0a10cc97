/* SPDX-License-Identifier: GPL-2.0 */
#define static_assert(expr)	_Static_assert(expr, #expr)
