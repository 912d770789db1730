/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The version string is what everything that compares versions may rely on: three decimal numbers, two dots, nothing else.
 */
#include <glib.h>

#include "base/version.h"

static void test_version_form(void)
{
	g_assert_true(g_regex_match_simple("^(0|[1-9][0-9]*)(\\.(0|[1-9][0-9]*)){2}\\z", viv_version(), 0, 0));
}

static void test_version_is_constant(void)
{
	g_assert_true(viv_version() == viv_version());
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* One wrong assertion fails its own subtest; the ones after it still run and count. */
	g_test_set_nonfatal_assertions();
	g_test_add_func("/base/version/form", test_version_form);
	g_test_add_func("/base/version/constant", test_version_is_constant);
	return g_test_run();
}
