/* SPDX-License-Identifier: GPL-2.0 */
#define static_assert(expr)	_Static_assert(expr, #expr)
#define BUILD_BUG_ON_ZERO(e)	((int)sizeof(struct { int:(-!!(e)); }))
