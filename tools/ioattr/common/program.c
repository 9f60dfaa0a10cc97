// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "program.h"

/* The kernel allows one interpreter to be a script of another one. */
#define MAX_INTERPRETERS	6

bool find_program(const char *name, char path[PATH_MAX])
{
	const char *dirs = getenv("PATH");
	size_t len;

	if (strchr(name, '/'))
		return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX;
	/* the default of execvp(3) */
	if (!dirs)
		dirs = "/bin:/usr/bin";
	for (; dirs; dirs = dirs[len] ? dirs + len + 1 : NULL) {
		len = strcspn(dirs, ":");
		if (snprintf(path, PATH_MAX, "%.*s/%s", len ? (int)len : 1,
			     len ? dirs : ".", name) < PATH_MAX &&
		    !access(path, X_OK))
			return true;
	}
	return false;
}

/* Replace the path of a script by that of its interpreter. */
static bool interpreter(int fd, char path[PATH_MAX])
{
	char line[256] = "", *name;

	if (pread(fd, line, sizeof(line) - 1, 0) <= 2 || memcmp(line, "#!", 2))
		return false;
	name = line + 2 + strspn(line + 2, " \t");
	name[strcspn(name, " \t\n")] = '\0';
	strcpy(path, name);
	return true;
}

/*
 * The loader of glibc ignores LD_PRELOAD, and the kernel drops a scope, if the
 * effective IDs will differ from the real ones, or the program gains
 * capabilities.
 */
static const char *gains_privileges(int fd)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct stat st;

	if (fstat(fd, &st))
		return NULL;
	if (st.st_mode & S_ISUID)
		uid = st.st_uid;
	if (st.st_mode & S_ISGID && st.st_mode & 0010)
		gid = st.st_gid;
	if (uid != getuid())
		return st.st_mode & S_ISUID ? "set-user-ID" :
			"its effective user is not the real one";
	if (gid != getgid())
		return st.st_mode & S_ISGID ? "set-group-ID" :
			"its effective group is not the real one";
	if (uid && fgetxattr(fd, "security.capability", NULL, 0) > 0)
		return "it has file capabilities";
	return NULL;
}

/* The names of the loaders of glibc on all architectures. */
static bool is_loader_of_glibc(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	return !strncmp(name, "ld-linux", 8) || !strncmp(name, "ld64.so.", 8) ||
	       !strncmp(name, "ld.so.", 6);
}

static const char *check_loader(int fd, const Elf64_Phdr *p)
{
	char path[PATH_MAX] = "";

	if (p->p_filesz >= sizeof(path) ||
	    pread(fd, path, p->p_filesz, p->p_offset) < 0)
		return NULL;
	return is_loader_of_glibc(path) ? NULL :
	       "built for another C library";
}

static const char *check_format(int fd)
{
	Elf64_Ehdr e;
	Elf64_Phdr p;
	int i;

	if (pread(fd, &e, sizeof(e), 0) != sizeof(e) ||
	    memcmp(e.e_ident, ELFMAG, SELFMAG))
		return NULL;
	if (e.e_ident[EI_CLASS] != (sizeof(long) == 8 ? ELFCLASS64 :
							ELFCLASS32))
		return "built for another architecture";
	if (sizeof(long) != 8)
		return NULL;
	for (i = 0; i < e.e_phnum; i++) {
		if (pread(fd, &p, sizeof(p), e.e_phoff + i * e.e_phentsize) !=
		    sizeof(p))
			return NULL;
		if (p.p_type == PT_INTERP)
			return check_loader(fd, &p);
	}
	return "statically linked";
}

/*
 * Open a program. If @path is a script, it is replaced by the interpreter.
 * Returns a file descriptor, or -1 and errno.
 */
static int open_program(char path[PATH_MAX])
{
	int fd, i;

	for (i = 0; i < MAX_INTERPRETERS; i++) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (fd < 0 || !interpreter(fd, path))
			return fd;
		close(fd);
	}
	errno = ELOOP;
	return -1;
}

const char *why_privileged(char path[PATH_MAX])
{
	const int fd = open_program(path);
	const char *reason;

	if (fd < 0)
		return NULL;
	reason = gains_privileges(fd);
	close(fd);
	return reason;
}

const char *why_not_loadable(char path[PATH_MAX], bool strict)
{
	const int fd = open_program(path);
	const char *reason;

	if (fd < 0)
		return strict && errno == EACCES ? "it cannot be read" : NULL;
	reason = gains_privileges(fd);
	if (!reason)
		reason = check_format(fd);
	close(fd);
	return reason;
}
