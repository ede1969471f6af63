/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_objects.h"

#include <string.h>

#include "hdf5_error.h"
#include "printable.h"
#include "store_format.h"

struct look {
	const char *path;
	struct error *error;
	hid_t root;
};

static bool refuse(const struct look *look, const char *name, const char *what)
{
	auto_free char *shown = printable(name);
	return error_config(look->error, "%s: damaged recording, '%s' %s", look->path, shown ? shown : "?", what);
}

static bool is_group(const char *name)
{
	return strcmp(name, "windows") == 0 || strcmp(name, "envelope") == 0;
}

static bool is_dataset(const char *name)
{
	static const char *const SINGLE[] = {"channels", "complete", "total_frames"};
	for (size_t i = 0; i < sizeof SINGLE / sizeof *SINGLE; i++)
		if (strcmp(name, SINGLE[i]) == 0)
			return true;
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (strcmp(name, store_columns[i].path + 1) == 0)
			return true;
	return false;
}

static bool check_filters(const struct look *look, const char *name, hid_t properties)
{
	int count = H5Pget_nfilters(properties);
	for (unsigned i = 0; count > 0 && i < (unsigned)count; i++) {
		unsigned flags = 0, filter_config = 0;
		size_t values = 0;
		H5Z_filter_t filter = H5Pget_filter2(properties, i, &flags, &values, NULL, 0, NULL, &filter_config);
		if (filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_FLETCHER32)
			return refuse(look, name, "is packed by a filter that no recording uses");
	}
	return count >= 0 || refuse(look, name, "has no readable filters");
}

static bool check_dataset(const struct look *look, const char *name, hid_t dataset)
{
	auto_hdf5 hid_t properties = H5Dget_create_plist(dataset);
	if (properties < 0)
		return refuse(look, name, "has no readable layout");
	if (H5Pget_layout(properties) == H5D_VIRTUAL)
		return refuse(look, name, "is virtual: its data lie outside of this file");
	if (H5Pget_external_count(properties) != 0)
		return refuse(look, name, "has its data in external files, outside of this one");
	return check_filters(look, name, properties);
}

/* Only the root has attributes, these. */
static bool is_attribute(const char *name)
{
	static const char *const KNOWN[] = {"schema",      "sample_rate_hz", "u_clock_rel",     "logic_rate_hz", "u_logic_clock_rel",
					    "cell_frames", "pre_cells",      "envelope_frames", "post_cells"};
	for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
		if (strcmp(name, KNOWN[i]) == 0)
			return true;
	return false;
}

static herr_t look_at_attribute(hid_t object, const char *name, const H5A_info_t *info, void *self)
{
	const struct look *look = self;
	(void)info;
	if (object == look->root && is_attribute(name))
		return 0;
	return refuse(look, name, "is an attribute that no recording has") ? 0 : -1;
}

static bool check_attributes(const struct look *look, hid_t object)
{
	hsize_t at = 0;
	return H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, &at, look_at_attribute, (void *)look) >= 0;
}

/* An object is not opened before its link and its name are known to be good. */
static bool check_object(const struct look *look, const char *name)
{
	auto_hdf5 hid_t object = H5Oopen(look->root, name, H5P_DEFAULT);
	H5I_type_t type = object < 0 ? H5I_BADID : H5Iget_type(object);
	if (type != (is_group(name) ? H5I_GROUP : H5I_DATASET))
		return refuse(look, name, "cannot be read, or is an object of another kind");
	return check_attributes(look, object) && (type == H5I_GROUP || check_dataset(look, name, object));
}

static herr_t look_at_link(hid_t group, const char *name, const H5L_info_t *info, void *self)
{
	const struct look *look = self;
	(void)group;
	if (info->type != H5L_TYPE_HARD)
		return refuse(look, name, "is a link to elsewhere, outside of what this file holds itself") ? 0 : -1;
	if (!is_group(name) && !is_dataset(name))
		return refuse(look, name, "is an object that no recording has") ? 0 : -1;
	return check_object(look, name) ? 0 : -1;
}

bool store_objects_check(hid_t file, const char *path, struct error *error)
{
	struct error told = {0};
	auto_hdf5 hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
	struct look look = {.path = path, .error = &told, .root = root};
	if (root >= 0 && H5Lvisit(root, H5_INDEX_NAME, H5_ITER_NATIVE, look_at_link, &look) >= 0 && check_attributes(&look, root))
		return true;
	if (told.kind == ERROR_NONE)
		return hdf5_error(error, ERROR_CONFIG, "%s: damaged recording, its objects cannot be listed", path);
	H5Eclear2(H5E_DEFAULT);
	*error = told;
	return false;
}
