/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "option.h"

#include <stdbool.h>
#include <string.h>

static bool is_one_of(const char *text, const char *const *words)
{
	return g_strv_contains((const gchar *const *)words, text);
}

static GVariant *yes_or_no(const char *text)
{
	static const char *const YES[] = {"yes", "true", "1", NULL}, *const NO[] = {"no", "false", "0", NULL};
	return is_one_of(text, YES) ? g_variant_new_boolean(TRUE) : is_one_of(text, NO) ? g_variant_new_boolean(FALSE) : NULL;
}

GVariant *option_value(const GVariantType *type, const char *text)
{
	char *end = NULL;
	guint64 whole = g_ascii_strtoull(text, &end, 10);
	bool is_whole = g_ascii_isdigit(text[0]) && *end == '\0';
	double number = g_ascii_strtod(text, &end);
	bool is_number = end != text && *end == '\0';
	if (!type)
		return NULL;
	if (g_variant_type_equal(type, G_VARIANT_TYPE_STRING))
		return g_variant_new_string(text);
	if (g_variant_type_equal(type, G_VARIANT_TYPE_UINT64))
		return is_whole ? g_variant_new_uint64(whole) : NULL;
	if (g_variant_type_equal(type, G_VARIANT_TYPE_UINT32))
		return is_whole && whole <= G_MAXUINT32 ? g_variant_new_uint32((guint32)whole) : NULL;
	if (g_variant_type_equal(type, G_VARIANT_TYPE_INT32))
		return is_whole && whole <= G_MAXINT32 ? g_variant_new_int32((gint32)whole) : NULL;
	if (g_variant_type_equal(type, G_VARIANT_TYPE_DOUBLE))
		return is_number ? g_variant_new_double(number) : NULL;
	return g_variant_type_equal(type, G_VARIANT_TYPE_BOOLEAN) ? yes_or_no(text) : NULL;
}
