/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* config_dcc.c: the `dcc:` section of a sensor file, which has one, once the rest of it was read. */
#include "loader.h"

/* Fills in the values and the certificate's data; what stands in both files is an error. */
bool config_read_dcc(const struct reader *reader, struct sensor *sensor, struct error *error) must_check;
