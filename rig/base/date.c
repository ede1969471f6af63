/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "date.h"

#include <stddef.h>
#include <stdlib.h>

static int days_in(int year, int month)
{
	static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return DAYS[month - 1] + (month == 2 && leap);
}

bool date_is_valid(const char *text)
{
	static const char SHAPE[] = "dddd-dd-dd";
	for (size_t i = 0; i < sizeof SHAPE; i++)
		if (SHAPE[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != SHAPE[i])
			return false;
	int year = atoi(text), month = atoi(text + 5), day = atoi(text + 8);
	return month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}
