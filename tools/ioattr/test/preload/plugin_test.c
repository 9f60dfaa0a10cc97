// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: plugin_test PLUGIN [ARG...]
 *
 * Call main() of a shared object that is loaded with RTLD_LOCAL.
 */
#include <dlfcn.h>

#include "tap.h"

int main(int argc, char **argv)
{
	int (*plugin)(int argc, char **argv);
	void *lib;

	if (argc < 2)
		return 2;
	lib = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		fprintf(stderr, "%s\n", dlerror());
	CHECK(lib);
	*(void **)&plugin = dlsym(lib, "main");
	CHECK(plugin);
	return plugin(argc - 1, argv + 1);
}
