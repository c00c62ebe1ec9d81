/* A program written for Stoolap's C interface runs on Orrery as it is; <orrery/stoolap.h> stands in for its header. */
#include <stdio.h>
#include <string.h>

#include "orrery/stoolap.h"

int main(void) {
  StoolapDB* db = NULL;
  if (stoolap_open("memory://", &db) != STOOLAP_OK) {
    fprintf(stderr, "%s\n", stoolap_errmsg(NULL));
    return 1;
  }
  if (stoolap_exec(db, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)", NULL) != STOOLAP_OK) return 1;
  StoolapValue values[2];
  memset(values, 0, sizeof(values));
  values[0].value_type = STOOLAP_TYPE_INTEGER;
  values[0].v.integer = 1;
  values[1].value_type = STOOLAP_TYPE_TEXT;
  values[1].v.text.ptr = "Ada";
  values[1].v.text.len = 3;
  int64_t affected = 0;
  if (stoolap_exec_params(db, "INSERT INTO users VALUES ($1, $2)", values, 2, &affected) != STOOLAP_OK || affected != 1) return 1;

  StoolapRows* rows = NULL;
  if (stoolap_query(db, "SELECT id, name FROM users", &rows) != STOOLAP_OK) return 1;
  while (stoolap_rows_next(rows) == STOOLAP_ROW) {
    printf("%lld %s\n", (long long)stoolap_rows_column_int64(rows, 0), stoolap_rows_column_text(rows, 1, NULL));
  }
  stoolap_rows_close(rows);
  return stoolap_close(db);
}
