/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hdf5_error.h"

#include <string.h>

enum { CAUSE_SIZE = 256 };

void hdf5_quiet(void)
{
	/* At exit HDF5 would close what it could not close for a full disk once more, and crash; everything here is closed by its owner. */
	H5dont_atexit();
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	/* A file that names a filter must not make HDF5 load a library for it. */
	H5PLset_loading_state(0);
}

/* HDF5 buries what the system said in "…, errno = 28, error message = 'No space left on device', …". */
static void copy_cause(char cause[CAUSE_SIZE], const char *description)
{
	static const char marker[] = "error message = '";
	const char *start = strstr(description, marker);
	const char *end = start ? strchr(start + sizeof marker - 1, '\'') : NULL;
	if (end)
		snprintf(cause, CAUSE_SIZE, "%.*s", (int)(end - start - (long)sizeof marker + 1), start + sizeof marker - 1);
	else
		snprintf(cause, CAUSE_SIZE, "%s", description);
}

static herr_t take_innermost(unsigned depth, const H5E_error2_t *entry, void *cause)
{
	if (depth == 0 && entry->desc)
		copy_cause(cause, entry->desc);
	return 0;
}

bool hdf5_error(struct error *error, enum error_kind kind, const char *format, ...)
{
	char what[512];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	char cause[CAUSE_SIZE] = "";
	H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, cause);
	H5Eclear2(H5E_DEFAULT);
	return error_set(error, kind, "%s: %s", what, cause[0] ? cause : "HDF5 gives no reason");
}

void hdf5_close(hid_t id)
{
	if (id < 0)
		return;
	/* Every call of HDF5 clears its error stack: what failed before this must still be there for hdf5_error(). */
	hid_t stack = H5Eget_num(H5E_DEFAULT) > 0 ? H5Eget_current_stack() : -1;
	H5Idec_ref(id);
	if (stack >= 0)
		H5Eset_current_stack(stack);
}
