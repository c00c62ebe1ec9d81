/* Orrery's C interface to embedded databases.
 *
 * Functions return ORRERY_OK (0) or the code of an error. What went wrong in full is in the error object that a caller
 * may ask for: pass the address of a null orrery_error pointer (or NULL if the code is enough) and free the object.
 *
 * Handles are checked: one that was closed, or never was one, gives ORRERY_INVALID_ARGUMENT. A statement, transaction or
 * row set keeps the database open after orrery_close(). One call at a time per handle; clone a handle for each thread.
 * Text is UTF-8 given by length; ORRERY_TERMINATED as a length means up to the terminating zero.
 * Should memory run out, the process is aborted: no call returns half done. */
#ifndef ORRERY_ORRERY_H
#define ORRERY_ORRERY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ORRERY_TERMINATED (-1)

typedef struct orrery_db orrery_db;
typedef struct orrery_stmt orrery_stmt;
typedef struct orrery_tx orrery_tx;
typedef struct orrery_rows orrery_rows;
typedef struct orrery_error orrery_error;

enum {
  ORRERY_OK = 0,
  ORRERY_GENERIC,
  ORRERY_NOT_NULL,
  ORRERY_UNIQUE,
  ORRERY_PRIMARY_KEY,
  ORRERY_FOREIGN_KEY,
  ORRERY_CHECK,
  ORRERY_TABLE_NOT_FOUND,
  ORRERY_TABLE_EXISTS,
  ORRERY_COLUMN_NOT_FOUND,
  ORRERY_INDEX_NOT_FOUND,
  ORRERY_INDEX_EXISTS,
  ORRERY_TYPE_MISMATCH,
  ORRERY_INVALID_ARGUMENT,
  ORRERY_PARSE,
  ORRERY_TXN_ABORTED,
  ORRERY_TXN_CLOSED,
  ORRERY_READ_ONLY,
  ORRERY_DB_LOCKED,
  ORRERY_IO,
  ORRERY_NOT_SUPPORTED,
  ORRERY_INTERNAL,
  ORRERY_CANCELLED,
  ORRERY_DIVISION_BY_ZERO,
  ORRERY_VALUE_TOO_LONG,
  ORRERY_VIEW_NOT_FOUND,
  ORRERY_VIEW_EXISTS,
  ORRERY_REOPEN_REQUIRED,
  ORRERY_CORRUPTION,
  ORRERY_OUT_OF_MEMORY,
  ORRERY_DISK_FULL,
  ORRERY_CONFLICT,
  ORRERY_LIMIT,
  ORRERY_DECODE,
  ORRERY_BIND,
  ORRERY_OVERFLOW,
  ORRERY_FUNCTION_NOT_FOUND
};

/* Types of cells and parameters. */
enum {
  ORRERY_TYPE_NULL = 0,
  ORRERY_TYPE_INTEGER = 1,   /* integer */
  ORRERY_TYPE_FLOAT = 2,     /* real */
  ORRERY_TYPE_TEXT = 3,      /* bytes, UTF-8 */
  ORRERY_TYPE_BOOLEAN = 4,   /* integer, 0 or 1 */
  ORRERY_TYPE_TIMESTAMP = 5, /* integer, nanoseconds since 1970-01-01 00:00 UTC */
  ORRERY_TYPE_JSON = 6,      /* bytes, UTF-8 */
  ORRERY_TYPE_VECTOR = 7,    /* bytes, packed little-endian 32-bit floats */
  ORRERY_TYPE_BLOB = 8,      /* bytes */
  ORRERY_TYPE_UUID = 9,      /* bytes, 16 of them */
  ORRERY_TYPE_ALGEBRAIC = 10 /* bytes, BSATN */
};

enum { ORRERY_READ_COMMITTED = 0, ORRERY_SNAPSHOT = 1 };

typedef struct orrery_value {
  int32_t type;
  int32_t reserved;
  union {
    int64_t integer;
    double real;
    struct {
      const char* data;
      int64_t size;
    } bytes;
  } as;
} orrery_value;

const char* orrery_version(void);

/* --- errors --- */

int32_t orrery_error_code(const orrery_error* error);
const char* orrery_error_message(const orrery_error* error);
/* Five characters. */
const char* orrery_error_sqlstate(const orrery_error* error);
/* Place in the SQL text, from 1; 0 where there is none. Columns count characters. */
uint32_t orrery_error_line(const orrery_error* error);
uint32_t orrery_error_column(const orrery_error* error);
/* 1 where the same transaction, run again, may succeed. */
int32_t orrery_error_is_retryable(const orrery_error* error);
void orrery_error_free(orrery_error* error);

/* --- databases --- */

/* dsn: memory://, memory://name or file://path, with options behind a question mark. */
int32_t orrery_open(const char* dsn, orrery_db** out_db, orrery_error** out_error);
/* A handle on the same database with a transaction state of its own. */
int32_t orrery_clone(orrery_db* db, orrery_db** out_db, orrery_error** out_error);
int32_t orrery_close(orrery_db* db);
/* Stops what runs on the handle; may be called from another thread. */
int32_t orrery_cancel(orrery_db* db);
/* Several statements may stand in sql; the answer is that of the last. out_affected may be NULL. */
int32_t orrery_exec(orrery_db* db, const char* sql, int64_t sql_size, const orrery_value* values, int32_t value_count,
                    uint64_t* out_affected, orrery_error** out_error);
int32_t orrery_query(orrery_db* db, const char* sql, int64_t sql_size, const orrery_value* values, int32_t value_count,
                     orrery_rows** out_rows, orrery_error** out_error);

/* --- prepared statements --- */

int32_t orrery_prepare(orrery_db* db, const char* sql, int64_t sql_size, orrery_stmt** out_stmt,
                       orrery_error** out_error);
int32_t orrery_stmt_parameter_count(const orrery_stmt* stmt);
int32_t orrery_stmt_exec(orrery_stmt* stmt, const orrery_value* values, int32_t value_count, uint64_t* out_affected,
                         orrery_error** out_error);
int32_t orrery_stmt_query(orrery_stmt* stmt, const orrery_value* values, int32_t value_count, orrery_rows** out_rows,
                          orrery_error** out_error);
int32_t orrery_stmt_free(orrery_stmt* stmt);

/* --- transactions: SELECT, INSERT, UPDATE and DELETE; for anything else use BEGIN on the database handle --- */

int32_t orrery_begin(orrery_db* db, int32_t isolation, orrery_tx** out_tx, orrery_error** out_error);
int32_t orrery_tx_exec(orrery_tx* tx, const char* sql, int64_t sql_size, const orrery_value* values,
                       int32_t value_count, uint64_t* out_affected, orrery_error** out_error);
int32_t orrery_tx_query(orrery_tx* tx, const char* sql, int64_t sql_size, const orrery_value* values,
                        int32_t value_count, orrery_rows** out_rows, orrery_error** out_error);
int32_t orrery_tx_stmt_exec(orrery_tx* tx, orrery_stmt* stmt, const orrery_value* values, int32_t value_count,
                            uint64_t* out_affected, orrery_error** out_error);
int32_t orrery_tx_stmt_query(orrery_tx* tx, orrery_stmt* stmt, const orrery_value* values, int32_t value_count,
                             orrery_rows** out_rows, orrery_error** out_error);
int32_t orrery_tx_savepoint(orrery_tx* tx, const char* name, orrery_error** out_error);
int32_t orrery_tx_rollback_to(orrery_tx* tx, const char* name, orrery_error** out_error);
int32_t orrery_tx_release(orrery_tx* tx, const char* name, orrery_error** out_error);
/* Both end the handle, whatever they return. */
int32_t orrery_tx_commit(orrery_tx* tx, orrery_error** out_error);
int32_t orrery_tx_rollback(orrery_tx* tx, orrery_error** out_error);

/* --- rows --- */

/* Steps to the next row; *out_has_row is 0 after the last. */
int32_t orrery_rows_next(orrery_rows* rows, int32_t* out_has_row, orrery_error** out_error);
int32_t orrery_rows_column_count(const orrery_rows* rows);
/* Valid until orrery_rows_close(); NULL where there is no such column. */
const char* orrery_rows_column_name(const orrery_rows* rows, int32_t column);
/* The cell of the current row as it is. Bytes are valid until the next row. */
int32_t orrery_rows_cell(orrery_rows* rows, int32_t column, orrery_value* out_value);
/* The text form of the cell, terminated; NULL for NULL. Valid until the next row. */
const char* orrery_rows_text(orrery_rows* rows, int32_t column, int64_t* out_size);
uint64_t orrery_rows_affected(const orrery_rows* rows);
int32_t orrery_rows_close(orrery_rows* rows);

#ifdef __cplusplus
}
#endif

#endif
