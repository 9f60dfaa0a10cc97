// SPDX-License-Identifier: GPL-2.0
// A number that a program wrote into a list, an iocb or an SQE indexes an array
// or moves a pointer, and array_index_nospec() did not clamp it in between. A
// branch that checks the number may be mispredicted (Spectre v1).
//
// Fields of structures that are copied from user memory are known by name: this
// is for files that handle such structures.
//
// spatch --very-quiet --no-includes -D report --sp-file spectre.cocci FILE...

virtual report

// arr[attr->id]
@direct@
expression a != {ctx};
expression arr, e1, e2;
identifier f =~ "^(id|size|pid|pidfd|fd|ioprio|hints|aio_[a-z]*|buf_index|buf_group|attr_ptr|personality)$";
position p;
@@
(
 arr[array_index_nospec(e1, e2)]
|
 arr@p[<+... a->f ...+>]
|
 arr@p[<+... a.f ...+>]
)

// i = array_index_nospec(attr->id, n)
@clamped@
identifier i;
expression e1, e2;
position q;
@@
 i@q = array_index_nospec(e1, e2)

// i = attr->id; arr[i], or ptr + i
@assigned exists@
expression a != {ctx};
expression arr, e1, e2, e3;
identifier i;
identifier f =~ "^(id|size|pid|pidfd|fd|ioprio|hints|aio_[a-z]*|buf_index|buf_group|attr_ptr|personality)$";
type P;
position q != clamped.q;
position p;
@@
(
 i@q = <+... a.f ...+>
|
 i@q = <+... a->f ...+>
)
... when != i = array_index_nospec(e1, e2)
(
 arr[array_index_nospec(e1, e2)]
|
 arr@p[<+... i ...+>]
|
 (P *)e3@p + i
)

// int i = array_index_nospec(attr->id, n);
@born_clamped@
type T;
identifier i;
expression e1, e2;
position q;
@@
 T i@q = array_index_nospec(e1, e2);

// int i = attr.id; arr[i], or ptr + i
@declared_dot exists@
expression a != {ctx};
expression arr, e1, e2, e3;
identifier i;
identifier f =~ "^(id|size|pid|pidfd|fd|ioprio|hints|aio_[a-z]*|buf_index|buf_group|attr_ptr|personality)$";
type T, P;
position q != born_clamped.q;
position p;
@@
 T i@q = <+... a.f ...+>;
... when != i = array_index_nospec(e1, e2)
(
 arr[array_index_nospec(e1, e2)]
|
 arr@p[<+... i ...+>]
|
 (P *)e3@p + i
)

// int i = attr->id; arr[i], or ptr + i
@declared_arrow exists@
expression a != {ctx};
expression arr, e1, e2, e3;
identifier i;
identifier f =~ "^(id|size|pid|pidfd|fd|ioprio|hints|aio_[a-z]*|buf_index|buf_group|attr_ptr|personality)$";
type T, P;
position q != born_clamped.q;
position p;
@@
 T i@q = <+... a->f ...+>;
... when != i = array_index_nospec(e1, e2)
(
 arr[array_index_nospec(e1, e2)]
|
 arr@p[<+... i ...+>]
|
 (P *)e3@p + i
)

@script:python depends on report@
p << direct.p;
@@
print("%s:%s: an index from user memory without array_index_nospec()" %
      (p[0].file, p[0].line))

@script:python depends on report@
p << assigned.p;
@@
print("%s:%s: an index from user memory without array_index_nospec()" %
      (p[0].file, p[0].line))

@script:python depends on report@
p << declared_dot.p;
@@
print("%s:%s: an index from user memory without array_index_nospec()" %
      (p[0].file, p[0].line))

@script:python depends on report@
p << declared_arrow.p;
@@
print("%s:%s: an index from user memory without array_index_nospec()" %
      (p[0].file, p[0].line))
