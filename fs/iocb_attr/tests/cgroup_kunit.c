// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the grants of a context. cgroup.c includes this file
 * because the functions under test are static.
 */
#include <kunit/test.h>
#include <linux/mount.h>

static u64 current_cgroup(void)
{
	guard(rcu)();
	return cgroup_id(task_dfl_cgroup(current));
}

/* Add a grant for current. The ids are arbitrary. */
static void grant_cgroup(struct kunit *test, struct iocb_attr_grants *grants,
			 u64 cgroup, u64 mount)
{
	struct charge_grant *grant = grant_alloc(grants);

	KUNIT_ASSERT_NOT_NULL(test, grant);
	grant->cgroup = cgroup;
	grant->mount = mount;
	grant->from = current_cgroup();
	grant->ns = current_ns();
	grant_add(grants, grant);
}

static bool is_granted(struct iocb_attr_grants *grants, u64 cgroup, u64 mount)
{
	guard(rcu)();
	return grant_lookup(grants, cgroup, mount);
}

static void grants_of_one_cgroup(struct kunit *test)
{
	struct iocb_attr_grants grants;
	int i;

	iocb_attr_init_grants(&grants);
	KUNIT_EXPECT_FALSE(test, is_granted(&grants, 1, 1));
	for (i = 0; i < 100; i++)
		grant_cgroup(test, &grants, 1, i);
	/* each grant has replaced the previous one */
	KUNIT_EXPECT_EQ(test, grants.nr, 1);
	KUNIT_EXPECT_TRUE(test, is_granted(&grants, 1, 99));
	KUNIT_EXPECT_FALSE(test, is_granted(&grants, 1, 98));
	KUNIT_EXPECT_FALSE(test, is_granted(&grants, 2, 99));
	iocb_attr_exit_grants(&grants);
}

static void grants_of_many_cgroups(struct kunit *test)
{
	struct iocb_attr_grants grants;
	int i;

	iocb_attr_init_grants(&grants);
	for (i = 0; i < GRANTS_MAX; i++)
		grant_cgroup(test, &grants, i, 1);
	KUNIT_EXPECT_EQ(test, grants.nr, GRANTS_MAX);
	KUNIT_EXPECT_TRUE(test, is_granted(&grants, 0, 1));
	/* replacing a grant needs no room */
	grant_cgroup(test, &grants, 0, 2);
	KUNIT_EXPECT_EQ(test, grants.nr, GRANTS_MAX);
	grant_cgroup(test, &grants, GRANTS_MAX, 1);
	KUNIT_EXPECT_EQ(test, grants.nr, 1);
	KUNIT_EXPECT_TRUE(test, is_granted(&grants, GRANTS_MAX, 1));
	KUNIT_EXPECT_FALSE(test, is_granted(&grants, 0, 2));
	iocb_attr_exit_grants(&grants);
}

/* True if the grant is valid with @cred as credentials. Puts @cred. */
static bool granted_as(struct iocb_attr_grants *grants, struct cred *cred)
{
	const struct cred *old = override_creds(cred);
	bool ret = is_granted(grants, 1, 1);

	revert_creds(old);
	abort_creds(cred);
	return ret;
}

/* All credentials that a permission depends on are compared. */
static void grants_by_credentials(struct kunit *test)
{
	struct iocb_attr_grants grants;
	struct cred *cred;

	iocb_attr_init_grants(&grants);
	grant_cgroup(test, &grants, 1, 1);

	cred = prepare_creds();
	KUNIT_ASSERT_NOT_NULL(test, cred);
	KUNIT_EXPECT_TRUE(test, granted_as(&grants, cred));

	cred = prepare_creds();
	KUNIT_ASSERT_NOT_NULL(test, cred);
	cred->fsuid = KUIDT_INIT(1000);
	KUNIT_EXPECT_FALSE(test, granted_as(&grants, cred));

	cred = prepare_creds();
	KUNIT_ASSERT_NOT_NULL(test, cred);
	cred->fsgid = KGIDT_INIT(1000);
	KUNIT_EXPECT_FALSE(test, granted_as(&grants, cred));

	cred = prepare_creds();
	KUNIT_ASSERT_NOT_NULL(test, cred);
	cap_lower(cred->cap_effective, CAP_DAC_OVERRIDE);
	KUNIT_EXPECT_FALSE(test, granted_as(&grants, cred));
	iocb_attr_exit_grants(&grants);
}

/* With nowait the lock is only tried, even if this thread already holds it. */
static void grants_without_waiting(struct kunit *test)
{
	struct file_system_type *type = get_fs_type("cgroup2");
	struct vfsmount *mnt;
	struct cgroup *cgrp;
	struct file *file;
	struct path path;
	u64 from = 0;

	KUNIT_ASSERT_NOT_NULL(test, type);
	mnt = kern_mount(type);
	KUNIT_ASSERT_FALSE(test, IS_ERR(mnt));
	path.mnt = mnt;
	path.dentry = mnt->mnt_root;
	file = dentry_open(&path, O_RDONLY | O_DIRECTORY, current_cred());
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));

	cgroup_lock();
	cgrp = cgroup_get_from_file_for_io(file, true, &from);
	cgroup_unlock();
	KUNIT_EXPECT_PTR_EQ(test, cgrp, ERR_PTR(-EAGAIN));

	cgrp = cgroup_get_from_file_for_io(file, true, &from);
	KUNIT_EXPECT_FALSE(test, IS_ERR(cgrp));
	if (!IS_ERR(cgrp)) {
		KUNIT_EXPECT_EQ(test, from, current_cgroup());
		cgroup_put(cgrp);
	}
	fput(file);
	kern_unmount(mnt);
}

static struct kunit_case grant_cases[] = {
	KUNIT_CASE(grants_of_one_cgroup),
	KUNIT_CASE(grants_of_many_cgroups),
	KUNIT_CASE(grants_by_credentials),
	KUNIT_CASE(grants_without_waiting),
	{}
};

static struct kunit_suite grant_suite = {
	.name		= "iocb_attr_grant",
	.test_cases	= grant_cases,
};

kunit_test_suite(grant_suite);
