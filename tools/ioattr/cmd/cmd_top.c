// SPDX-License-Identifier: GPL-2.0
/*
 * ioattr top: show counts of the events of attributes live; see ioattr-top(1).
 */
#include <stdio.h>

#include "cmd.h"
#include "trace/trace.h"

static const char help_text[] =
"Usage: ioattr top [OPTION...]\n"
"\n"
"Show the attributes of I/Os, the layers that honour them, and the rejected I/Os\n"
"by reason, live.\n"
"\n"
"  --interval=SECONDS   refresh interval (1)\n"
"  --count=N            exit after N intervals\n"
"  --by=COLUMN[,COLUMN] process, device, attribute, layer (all of them)\n"
"  --sort=COLUMN        one of them, given, honoured, refused or events (events)\n"
"  --pid=PID            only this process\n"
"  --device=DEVICE      only this device\n"
"  --buffer=KB          size of the trace buffer of each CPU\n"
"  --instance=DIRECTORY read a tracefs instance, or a copy of one\n"
"  --help               print this text\n"
"\n"
"Keys: q quits, t switches between rates and totals. Sort by: e events, g given,\n"
"h honoured, r refused, p process, d device, a attribute, l layer.\n";

int cmd_top(int argc, char **argv)
{
	struct settings settings;

	if (!parse_settings(argc, argv, true, &settings))
		return 1;
	if (settings.help) {
		fputs(help_text, stdout);
		return 0;
	}
	return trace_session(&settings);
}
