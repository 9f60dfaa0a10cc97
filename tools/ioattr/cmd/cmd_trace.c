// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr trace: print counts of the events of attributes; see ioattr-trace(1).
 */
#include <stdio.h>

#include "cmd.h"
#include "trace/trace.h"

static const char help_text[] =
"Usage: ioattr trace [OPTION...] [-- COMMAND [ARG...]]\n"
"\n"
"Count the attributes of I/Os, the layers that honour them, and the rejected I/Os\n"
"by reason: each second, or in total while COMMAND runs.\n"
"\n"
"  --interval=SECONDS   length of an interval (1; with COMMAND: 0)\n"
"  --count=N            exit after N intervals\n"
"  --by=COLUMN[,COLUMN] process, device, attribute, layer (all of them)\n"
"  --sort=COLUMN        one of them, given, honoured, refused or events (process)\n"
"  --pid=PID            only this process\n"
"  --device=DEVICE      only this device\n"
"  --json               print a line of JSON for each interval\n"
"  --output=FILE        print to FILE\n"
"  --buffer=KB          size of the trace buffer of each CPU\n"
"  --instance=DIRECTORY read a tracefs instance, or a copy of one\n"
"  --help               print this text\n";

int cmd_trace(int argc, char **argv)
{
	struct settings settings;

	if (!parse_settings(argc, argv, false, &settings))
		return 1;
	if (settings.help) {
		fputs(help_text, stdout);
		return 0;
	}
	return trace_session(&settings);
}
