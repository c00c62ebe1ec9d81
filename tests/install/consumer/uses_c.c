#include <stdio.h>

#include <orrery/orrery.h>

int main(void) {
  orrery_db* db = NULL;
  orrery_rows* rows = NULL;
  orrery_error* error = NULL;
  int32_t has_row = 0;
  if (orrery_open("memory://", &db, &error) != ORRERY_OK) return 1;
  if (orrery_query(db, "SELECT 'inst' || 'alled'", ORRERY_TERMINATED, NULL, 0, &rows, &error) != ORRERY_OK) return 2;
  if (orrery_rows_next(rows, &has_row, &error) != ORRERY_OK || !has_row) return 3;
  printf("c: %s\n", orrery_rows_text(rows, 0, NULL));
  orrery_rows_close(rows);
  return orrery_close(db) == ORRERY_OK ? 0 : 4;
}
