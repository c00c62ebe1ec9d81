/* The C interface: handles, values, errors.
 *   cc -std=c99 shop.c $(pkg-config --cflags --libs orrery) && ./a.out */
#include <stdio.h>
#include <string.h>

#include "orrery/orrery.h"

static int fail(orrery_error* error) {
  fprintf(stderr, "%s: %s (line %u, column %u)\n", orrery_error_sqlstate(error), orrery_error_message(error),
          (unsigned)orrery_error_line(error), (unsigned)orrery_error_column(error));
  orrery_error_free(error);
  return 1;
}

int main(void) {
  orrery_db* db = NULL;
  orrery_error* error = NULL;
  if (orrery_open("memory://", &db, &error) != ORRERY_OK) return fail(error);
  if (orrery_exec(db, "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price FLOAT)", ORRERY_TERMINATED, NULL, 0,
                  NULL, &error) != ORRERY_OK) {
    return fail(error);
  }

  orrery_stmt* insert = NULL;
  if (orrery_prepare(db, "INSERT INTO items VALUES ($1, $2, $3)", ORRERY_TERMINATED, &insert, &error) != ORRERY_OK) return fail(error);
  const char* names[] = {"lamp", "desk", "chair"};
  for (int i = 0; i < 3; ++i) {
    orrery_value values[3] = {{0}};
    values[0].type = ORRERY_TYPE_INTEGER;
    values[0].as.integer = i + 1;
    values[1].type = ORRERY_TYPE_TEXT;
    values[1].as.bytes.data = names[i];
    values[1].as.bytes.size = (int64_t)strlen(names[i]);
    values[2].type = ORRERY_TYPE_FLOAT;
    values[2].as.real = 19.5 * (i + 1);
    if (orrery_stmt_exec(insert, values, 3, NULL, &error) != ORRERY_OK) return fail(error);
  }
  orrery_stmt_free(insert);

  orrery_rows* rows = NULL;
  if (orrery_query(db, "SELECT name, price FROM items WHERE price > 20 ORDER BY price DESC", ORRERY_TERMINATED, NULL, 0, &rows,
                   &error) != ORRERY_OK) {
    return fail(error);
  }
  int32_t has_row = 0;
  while (orrery_rows_next(rows, &has_row, &error) == ORRERY_OK && has_row) {
    orrery_value price;
    orrery_rows_cell(rows, 1, &price);
    printf("%s costs %.2f\n", orrery_rows_text(rows, 0, NULL), price.as.real);
  }
  if (error != NULL) return fail(error);
  orrery_rows_close(rows);

  if (orrery_query(db, "SELECT name FORM items", ORRERY_TERMINATED, NULL, 0, &rows, &error) == ORRERY_OK) return 1;
  printf("an error has a place: line %u, column %u\n", (unsigned)orrery_error_line(error), (unsigned)orrery_error_column(error));
  orrery_error_free(error);
  return orrery_close(db);
}
