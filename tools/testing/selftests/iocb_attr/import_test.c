// SPDX-License-Identifier: GPL-2.0
/*
 * Lists at the end of mapped memory, and lists that other threads modify while
 * the kernel reads them.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>

#include "lib/aio.h"
#include "lib/harness.h"

#define PAGE	4096

FIXTURE(import)
{
	aio_context_t ctx;
	int fd;
	void *buf;
	/* two pages, the second one without access */
	char *page;
};

FIXTURE_SETUP(import)
{
	ASSERT_EQ(0, io_setup(64, &self->ctx));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	self->page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->page);
	ASSERT_EQ(0, mprotect(self->page + PAGE, PAGE, PROT_NONE));
}

FIXTURE_TEARDOWN(import)
{
	munmap(self->page, 2 * PAGE);
	munmap(self->buf, BLOCK);
	close(self->fd);
	EXPECT_EQ(0, io_destroy(self->ctx));
}

#define SUBMIT(list)	submit_list(self->ctx, self->fd, self->buf, list)

/* The kernel reads no byte after the list. */
TEST_F(import, list_ends_at_page_end)
{
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);
	struct iocb_attr_list empty = { .size = 8 };

	memcpy(self->page + PAGE - sizeof(list), &list, sizeof(list));
	EXPECT_EQ(0, SUBMIT(self->page + PAGE - sizeof(list)));
	memcpy(self->page + PAGE - sizeof(empty), &empty, sizeof(empty));
	EXPECT_EQ(0, SUBMIT(self->page + PAGE - sizeof(empty)));
}

TEST_F(import, list_past_page_end)
{
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);
	int inside;

	for (inside = 0; inside < (int)sizeof(list); inside++) {
		char *at = self->page + PAGE - inside;

		memcpy(at, &list, inside);
		EXPECT_EQ(-EFAULT, SUBMIT(at)) {
			TH_LOG("%d bytes inside", inside);
		}
	}
}

/* Long lists, which do not fit in the buffer on the stack. */
TEST_F(import, long_lists)
{
	uint32_t size;

	for (size = 16; size <= PAGE; size += 8) {
		struct iocb_attr_list *list;

		list = (void *)(self->page + PAGE - size);
		memset(list, 0, size);
		list->size = size;
		first_record(list)->size = size - 8;
		first_record(list)->id = 999;
		ASSERT_EQ(0, SUBMIT(list)) {
			TH_LOG("%u bytes", size);
		}
		if (size < PAGE) {
			list->size = size + 8;
			ASSERT_EQ(-EFAULT, SUBMIT(list));
		}
	}
}

TEST_F(import, crosses_pages)
{
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);
	int inside;

	ASSERT_EQ(0, mprotect(self->page + PAGE, PAGE, PROT_READ | PROT_WRITE));
	for (inside = 1; inside < (int)sizeof(list); inside++) {
		memcpy(self->page + PAGE - inside, &list, sizeof(list));
		EXPECT_EQ(0, SUBMIT(self->page + PAGE - inside));
	}
}

TEST_F(import, read_only)
{
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);

	memcpy(self->page, &list, sizeof(list));
	ASSERT_EQ(0, mprotect(self->page, PAGE, PROT_READ));
	EXPECT_EQ(0, SUBMIT(self->page));
	ASSERT_EQ(0, mprotect(self->page, PAGE, PROT_NONE));
	EXPECT_EQ(-EFAULT, SUBMIT(self->page));
}

/* The kernel does not use the list after io_submit(2). */
TEST_F(import, list_freed_after_submit)
{
	struct cache_list list = cache_list(IOCB_CACHE_BYPASS, 0);
	struct iocb iocb[32], *iocbs[32];
	struct io_event events[32];
	int i;

	for (i = 0; i < 32; i++) {
		memcpy(self->page, &list, sizeof(list));
		iocb[i] = aio_prep(IOCB_CMD_PREAD, self->fd, self->buf, BLOCK,
				   i * 8LL * BLOCK, self->page);
		iocbs[i] = &iocb[i];
		ASSERT_EQ(1, io_submit(self->ctx, 1, &iocbs[i]));
		memset(self->page, 0xff, sizeof(list));
	}
	ASSERT_EQ(0, munmap(self->page, PAGE));
	ASSERT_EQ(32, io_getevents(self->ctx, 32, 32, events));
	for (i = 0; i < 32; i++) {
		EXPECT_EQ(BLOCK, events[i].res);
		EXPECT_EQ(0, events[i].res2);
	}
}

struct flipper {
	atomic_uint *word;
	uint32_t values[4];
	atomic_bool stop;
};

static void *flip(void *arg)
{
	struct flipper *f = arg;
	unsigned int i = 0;

	while (!atomic_load_explicit(&f->stop, memory_order_relaxed))
		atomic_store_explicit(f->word, f->values[i++ % 4],
				      memory_order_relaxed);
	return NULL;
}

/*
 * A thread modifies one word of the list while it is submitted repeatedly. Each
 * result must match one of the written values.
 */
FIXTURE(race)
{
	aio_context_t ctx;
	int fd;
	void *buf;
	struct flipper flipper;
	uint64_t *list;
};

FIXTURE_VARIANT(race)
{
	int word;
	uint32_t values[4];
	/* possible errors, besides success */
	int errors[3];
};

/* the list: header, cache record (24), an unknown record (16) */
FIXTURE_VARIANT_ADD(race, list_size) {
	.word = 0, .values = { 8, 40, 4096, 0xfffffff8 },
	.errors = { EINVAL, E2BIG },
};

FIXTURE_VARIANT_ADD(race, list_flags) {
	.word = 1, .values = { 0, 1, 2, 0xffffffff }, .errors = { EINVAL },
};

FIXTURE_VARIANT_ADD(race, record_size) {
	.word = 2, .values = { 16, 24, 0xfffffff8, 0 },
	.errors = { EINVAL, E2BIG },
};

FIXTURE_VARIANT_ADD(race, record_id) {
	.word = 3, .values = { TWO_U16(4, 0), TWO_U16(77, 0), TWO_U16(4, 1),
			       TWO_U16(77, 1) },
	.errors = { EOPNOTSUPP },
};

FIXTURE_VARIANT_ADD(race, hints) {
	.word = 4, .values = { 0, 1, 2, 3 }, .errors = { EINVAL },
};

FIXTURE_SETUP(race)
{
	ASSERT_EQ(0, io_setup(64, &self->ctx));
	self->fd = open(FILE_DIRECT, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->buf = block_alloc(BLOCK);
	self->list = block_alloc(BLOCK);
	ASSERT_NE(NULL, self->list);
	self->list[0] = LIST(40, 0);
	self->list[1] = RECORD_OF(cache);
	self->list[3] = RECORD(16, 78, 0);
}

FIXTURE_TEARDOWN(race)
{
	munmap(self->list, BLOCK);
	munmap(self->buf, BLOCK);
	close(self->fd);
	EXPECT_EQ(0, io_destroy(self->ctx));
}

TEST_F(race, flips)
{
	int i, e, ret, passed = 0, refused = 0;
	pthread_t thread;

	self->flipper.word = (atomic_uint *)self->list +
			     variant->word;
	memcpy(self->flipper.values, variant->values,
	       sizeof(variant->values));
	ASSERT_EQ(0, pthread_create(&thread, NULL, flip, &self->flipper));
	/* until both results were seen */
	for (i = 0; i < 500 || !passed || !refused; i++) {
		ret = SUBMIT(self->list);
		if (!ret) {
			passed++;
			continue;
		}
		refused++;
		for (e = 0; e < 3 && variant->errors[e] != -ret; e++)
			;
		ASSERT_NE(3, e) {
			TH_LOG("error %d", -ret);
		}
	}
	atomic_store(&self->flipper.stop, true);
	pthread_join(thread, NULL);
}

TEST_HARNESS_MAIN
