// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>

#include "errname.h"

#define NAME(name)	{ name, #name }

static const struct {
	int		error;
	const char	*name;
} names[] = {
	NAME(E2BIG), NAME(EACCES), NAME(EAGAIN), NAME(EBADF), NAME(EBUSY),
	NAME(ECANCELED), NAME(EDQUOT), NAME(EEXIST), NAME(EFAULT), NAME(EFBIG),
	NAME(EILSEQ), NAME(EINTR), NAME(EINVAL), NAME(EIO), NAME(EISDIR),
	NAME(ELOOP), NAME(EMFILE), NAME(ENAMETOOLONG), NAME(ENFILE),
	NAME(ENODATA), NAME(ENODEV), NAME(ENOENT), NAME(ENOLINK), NAME(ENOMEM),
	NAME(ENOSPC), NAME(ENOSYS), NAME(ENOTBLK), NAME(ENOTDIR), NAME(ENOTTY),
	NAME(ENXIO), NAME(EOPNOTSUPP), NAME(EOVERFLOW), NAME(EPERM),
	NAME(ERANGE), NAME(EREMOTEIO), NAME(EROFS), NAME(ESPIPE), NAME(ESRCH),
	NAME(ESTALE), NAME(ETIMEDOUT), NAME(ETXTBSY), NAME(EUCLEAN),
};

void error_name(int error, char *text, size_t room)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].error == error) {
			snprintf(text, room, "%s", names[i].name);
			return;
		}
	}
	snprintf(text, room, "%d", error);
}
