#include <stdio.h>

#include <orrery/stoolap.h>

int main(void) {
  StoolapDB* db = NULL;
  StoolapRows* rows = NULL;
  if (stoolap_open_in_memory(&db) != STOOLAP_OK) return 1;
  if (stoolap_query(db, "SELECT UPPER('installed')", &rows) != STOOLAP_OK) return 2;
  if (stoolap_rows_next(rows) != STOOLAP_ROW) return 3;
  printf("stoolap: %s\n", stoolap_rows_column_text(rows, 0, NULL));
  stoolap_rows_close(rows);
  return stoolap_close(db) == STOOLAP_OK ? 0 : 4;
}
