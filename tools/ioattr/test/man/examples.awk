# SPDX-License-Identifier: GPL-2.0
# The examples of a page: for the block of -literal or .EX that follows a
# comment 'example NAME [ARG...]', the program to DIR/NAME.c; and for each such
# comment DIR/NAME.K.args and what is to come out, DIR/NAME.K.prints, where all
# is as it should be, DIR/NAME.K.older on an older kernel, and DIR/NAME.K.off on
# one that was built without attributes. Complains of what none of this is
# about.

function complain(text)
{
	print FILENAME ":" FNR ": " text
	bad = 1
}

/^\.S[Hh] / { examples = /^\.S[Hh] EXAMPLES/ }
/^\.\\" example / {
	if (!examples)
		complain("an example in another section")
	if (name != "" && name != $3)
		complain("no program for " name)
	name = $3
	k++
	at = dir "/" name "." k
	args = ""
	for (i = 4; i <= NF; i++)
		args = args (i > 4 ? " " : "") $i
	print args >(at ".args")
}
/^\.\\" (prints|older|off) / {
	out = at "." $2
	text = $0
	sub(/^[^ ]* [^ ]* /, "", text)
	print text >out
}
examples && /^\.(Bd |EX)/ {
	if (name == "")
		complain("a block that is no example")
	file = dir "/" name ".c"
	if ((getline line <file) >= 0)
		complain("two examples are called " name)
	program = 1
	next
}
/^\.(Ed|EE)/ && program {
	program = 0
	close(file)
	name = ""
	k = 0
}
program {
	line = $0 == "\\&" ? "" : $0
	# the characters that roff takes for itself
	if (line ~ /^[.']/ || line ~ /\\[^e-]/)
		complain("roff in a program")
	gsub(/\\e/, "\\", line)
	gsub(/\\-/, "-", line)
	print line >file
}
END {
	if (name != "")
		complain("no program for " name)
	exit bad
}
