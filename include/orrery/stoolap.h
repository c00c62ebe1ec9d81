/* C interface of Orrery's embedded database, compatible with programs and drivers written for Stoolap 0.4.
 *
 * Handles. Databases, statements, transactions and row sets are opaque handles. Using a handle that was closed, or a
 * pointer that never was one, is an error (STOOLAP_ERROR, or the neutral value of a getter), not undefined behaviour.
 * A statement, transaction or row set keeps the database open after stoolap_close().
 *
 * Errors. Functions that return int32_t return STOOLAP_OK or STOOLAP_ERROR (stoolap_rows_next: _ROW, _DONE or _ERROR).
 * The message belongs to the handle that was used, and is valid until the next call on it; functions without a handle
 * to hold it (open, open_in_memory, clone, tx_commit, tx_rollback) leave it to the calling thread: stoolap_errmsg(NULL).
 * On an error, numbers behind out pointers keep their old value and handles behind out pointers are NULL.
 *
 * Threads. One call at a time per handle; for threads that work side by side, stoolap_clone() a handle for each.
 * Handles may move between threads. stoolap_cancel() may be called beside a running call.
 *
 * Memory. Should memory run out, the process is aborted: no call returns half done. */
#ifndef ORRERY_STOOLAP_H
#define ORRERY_STOOLAP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct StoolapDB StoolapDB;
typedef struct StoolapStmt StoolapStmt;
typedef struct StoolapTx StoolapTx;
typedef struct StoolapRows StoolapRows;

#define STOOLAP_OK 0
#define STOOLAP_ERROR 1
#define STOOLAP_ROW 100
#define STOOLAP_DONE 101

#define STOOLAP_TYPE_NULL 0
#define STOOLAP_TYPE_INTEGER 1
#define STOOLAP_TYPE_FLOAT 2
#define STOOLAP_TYPE_TEXT 3
#define STOOLAP_TYPE_BOOLEAN 4
#define STOOLAP_TYPE_TIMESTAMP 5
#define STOOLAP_TYPE_JSON 6
#define STOOLAP_TYPE_BLOB 7

#define STOOLAP_ISOLATION_READ_COMMITTED 0
#define STOOLAP_ISOLATION_SNAPSHOT 1

/* Codes of stoolap_*_errcode(). */
enum {
  STOOLAP_ERR_OK = 0,
  STOOLAP_ERR_GENERIC = 1,
  STOOLAP_ERR_NOT_NULL = 2,
  STOOLAP_ERR_UNIQUE = 3,
  STOOLAP_ERR_PRIMARY_KEY = 4,
  STOOLAP_ERR_FOREIGN_KEY = 5,
  STOOLAP_ERR_CHECK = 6,
  STOOLAP_ERR_TABLE_NOT_FOUND = 7,
  STOOLAP_ERR_TABLE_EXISTS = 8,
  STOOLAP_ERR_COLUMN_NOT_FOUND = 9,
  STOOLAP_ERR_INDEX_NOT_FOUND = 10,
  STOOLAP_ERR_INDEX_EXISTS = 11,
  STOOLAP_ERR_TYPE_MISMATCH = 12,
  STOOLAP_ERR_INVALID_ARGUMENT = 13,
  STOOLAP_ERR_PARSE = 14,
  STOOLAP_ERR_TX_ABORTED = 15,
  STOOLAP_ERR_TX_CLOSED = 16,
  STOOLAP_ERR_READ_ONLY = 17,
  STOOLAP_ERR_DB_LOCKED = 18,
  STOOLAP_ERR_IO = 19,
  STOOLAP_ERR_NOT_SUPPORTED = 20,
  STOOLAP_ERR_INTERNAL = 21,
  STOOLAP_ERR_QUERY_CANCELLED = 22,
  STOOLAP_ERR_DIVISION_BY_ZERO = 23,
  STOOLAP_ERR_VALUE_TOO_LONG = 24,
  STOOLAP_ERR_VIEW_NOT_FOUND = 25,
  STOOLAP_ERR_VIEW_EXISTS = 26,
  STOOLAP_ERR_REOPEN_REQUIRED = 27
};

/* A parameter value. TEXT and JSON are len bytes of UTF-8, without a terminator; a null pointer, a negative length or
 * bytes that are not UTF-8 make the value NULL, and so does JSON that cannot be parsed. BLOB is a vector: packed
 * little-endian 32-bit floats. An unknown value_type is NULL. In the WebAssembly build a null pointer with length 0 is
 * the empty text. */
typedef struct StoolapValue {
  int32_t value_type; /* STOOLAP_TYPE_... */
  int32_t _padding;
  union {
    int64_t integer;
    double float64;
    int32_t boolean;
    struct {
      const char* ptr;
      int64_t len;
    } text;
    struct {
      const uint8_t* ptr;
      int64_t len;
    } blob;
    int64_t timestamp_nanos; /* since 1970-01-01 00:00 UTC */
  } v;
} StoolapValue;

/* A value for :name; the name without its colon, name_len bytes. Entries without a usable name are ignored, and
 * parameters that no entry names are NULL. */
typedef struct StoolapNamedParam {
  const char* name;
  int32_t name_len;
  int32_t _padding;
  StoolapValue value;
} StoolapNamedParam;

/* What is known of an error; the texts may be NULL and are valid as long as the message. */
typedef struct StoolapErrorDetails {
  int32_t code;
  int32_t _padding;
  const char* message;
  const char* table;
  const char* column;
  const char* constraint;
  const char* detail;
} StoolapErrorDetails;

/* The version of the interface. */
const char* stoolap_version(void);

/* --- databases --- */

/* dsn: "memory://", "memory://name" or "file://path", with options behind a question mark. The same text opened again
 * shares the database and its SQL transaction as long as a handle of it is open; "memory://" is a new one each time. */
int32_t stoolap_open(const char* dsn, StoolapDB** out_db);
int32_t stoolap_open_in_memory(StoolapDB** out_db);
/* A handle on the same database with a transaction state of its own. */
int32_t stoolap_clone(const StoolapDB* db, StoolapDB** out_db);
int32_t stoolap_close(StoolapDB* db);
const char* stoolap_errmsg(const StoolapDB* db);
int32_t stoolap_errcode(const StoolapDB* db);
int32_t stoolap_errdetails(const StoolapDB* db, StoolapErrorDetails* out);
/* Stops the statement that runs on the handle, and the reading of its rows, with STOOLAP_ERR_QUERY_CANCELLED. */
int32_t stoolap_cancel(const StoolapDB* db);
/* How many tables there are, or -1. */
int64_t stoolap_table_count(StoolapDB* db);

/* SQL may hold several statements; what comes back is that of the last. rows_affected may be NULL. */
int32_t stoolap_exec(StoolapDB* db, const char* sql, int64_t* rows_affected);
int32_t stoolap_exec_params(StoolapDB* db, const char* sql, const StoolapValue* params, int32_t params_len,
                            int64_t* rows_affected);
int32_t stoolap_exec_named(StoolapDB* db, const char* sql, const StoolapNamedParam* params, int32_t params_len,
                           int64_t* rows_affected);
int32_t stoolap_query(StoolapDB* db, const char* sql, StoolapRows** out_rows);
int32_t stoolap_query_params(StoolapDB* db, const char* sql, const StoolapValue* params, int32_t params_len,
                             StoolapRows** out_rows);
int32_t stoolap_query_named(StoolapDB* db, const char* sql, const StoolapNamedParam* params, int32_t params_len,
                            StoolapRows** out_rows);

/* --- prepared statements --- */

/* Checks the syntax; tables and columns are looked up when the statement runs. */
int32_t stoolap_prepare(StoolapDB* db, const char* sql, StoolapStmt** out_stmt);
int32_t stoolap_stmt_exec(StoolapStmt* stmt, const StoolapValue* params, int32_t params_len, int64_t* rows_affected);
int32_t stoolap_stmt_query(StoolapStmt* stmt, const StoolapValue* params, int32_t params_len, StoolapRows** out_rows);
/* Runs the statement once for each of row_count rows of params_per_row values, all in one transaction. */
int32_t stoolap_stmt_exec_batch(StoolapDB* db, const StoolapStmt* stmt, const StoolapValue* params,
                                int32_t params_per_row, int32_t row_count, int64_t* total_affected);
const char* stoolap_stmt_sql(const StoolapStmt* stmt);
void stoolap_stmt_finalize(StoolapStmt* stmt);
const char* stoolap_stmt_errmsg(const StoolapStmt* stmt);
int32_t stoolap_stmt_errcode(const StoolapStmt* stmt);
int32_t stoolap_stmt_errdetails(const StoolapStmt* stmt, StoolapErrorDetails* out);

/* --- transactions: SELECT, INSERT, UPDATE and DELETE --- */

int32_t stoolap_begin(StoolapDB* db, StoolapTx** out_tx);
int32_t stoolap_begin_with_isolation(StoolapDB* db, int32_t isolation, StoolapTx** out_tx);
int32_t stoolap_tx_exec(StoolapTx* tx, const char* sql, int64_t* rows_affected);
int32_t stoolap_tx_exec_params(StoolapTx* tx, const char* sql, const StoolapValue* params, int32_t params_len,
                               int64_t* rows_affected);
int32_t stoolap_tx_exec_named(StoolapTx* tx, const char* sql, const StoolapNamedParam* params, int32_t params_len,
                              int64_t* rows_affected);
int32_t stoolap_tx_query(StoolapTx* tx, const char* sql, StoolapRows** out_rows);
int32_t stoolap_tx_query_params(StoolapTx* tx, const char* sql, const StoolapValue* params, int32_t params_len,
                                StoolapRows** out_rows);
int32_t stoolap_tx_query_named(StoolapTx* tx, const char* sql, const StoolapNamedParam* params, int32_t params_len,
                               StoolapRows** out_rows);
int32_t stoolap_tx_stmt_exec(StoolapTx* tx, const StoolapStmt* stmt, const StoolapValue* params, int32_t params_len,
                             int64_t* rows_affected);
int32_t stoolap_tx_stmt_exec_named(StoolapTx* tx, const StoolapStmt* stmt, const StoolapNamedParam* params,
                                   int32_t params_len, int64_t* rows_affected);
int32_t stoolap_tx_stmt_query(StoolapTx* tx, const StoolapStmt* stmt, const StoolapValue* params, int32_t params_len,
                              StoolapRows** out_rows);
int32_t stoolap_tx_stmt_query_named(StoolapTx* tx, const StoolapStmt* stmt, const StoolapNamedParam* params,
                                    int32_t params_len, StoolapRows** out_rows);
/* name_len bytes, or -1 for a terminated name. */
int32_t stoolap_tx_savepoint(StoolapTx* tx, const char* name, int64_t name_len);
int32_t stoolap_tx_release_savepoint(StoolapTx* tx, const char* name, int64_t name_len);
int32_t stoolap_tx_rollback_to_savepoint(StoolapTx* tx, const char* name, int64_t name_len);
/* Both free the handle, whatever they return; the message is stoolap_errmsg(NULL). */
int32_t stoolap_tx_commit(StoolapTx* tx);
int32_t stoolap_tx_rollback(StoolapTx* tx);
int64_t stoolap_tx_table_count(StoolapTx* tx);
const char* stoolap_tx_errmsg(const StoolapTx* tx);
int32_t stoolap_tx_errcode(const StoolapTx* tx);
int32_t stoolap_tx_errdetails(const StoolapTx* tx, StoolapErrorDetails* out);

/* --- rows --- */

int32_t stoolap_rows_next(StoolapRows* rows);
int32_t stoolap_rows_column_count(const StoolapRows* rows);
/* Valid until stoolap_rows_close(). */
const char* stoolap_rows_column_name(const StoolapRows* rows, int32_t index);
/* The getters below read the current row; they convert as far as that makes sense, and give 0 or NULL otherwise. */
int32_t stoolap_rows_column_type(const StoolapRows* rows, int32_t index);
int64_t stoolap_rows_column_int64(const StoolapRows* rows, int32_t index);
double stoolap_rows_column_double(const StoolapRows* rows, int32_t index);
/* Terminated; out_len (may be NULL) receives the length without the terminator. Valid until the next row. */
const char* stoolap_rows_column_text(StoolapRows* rows, int32_t index, int64_t* out_len);
int32_t stoolap_rows_column_bool(const StoolapRows* rows, int32_t index);
int64_t stoolap_rows_column_timestamp(const StoolapRows* rows, int32_t index);
const uint8_t* stoolap_rows_column_blob(const StoolapRows* rows, int32_t index, int64_t* out_len);
int32_t stoolap_rows_column_is_null(const StoolapRows* rows, int32_t index);
int64_t stoolap_rows_affected(const StoolapRows* rows);
void stoolap_rows_close(StoolapRows* rows);
const char* stoolap_rows_errmsg(const StoolapRows* rows);
int32_t stoolap_rows_errcode(const StoolapRows* rows);
int32_t stoolap_rows_errdetails(const StoolapRows* rows, StoolapErrorDetails* out);

/* All rows that were not stepped over, in one buffer that stoolap_buffer_free() takes with exactly this length. All
 * numbers little-endian, nothing aligned:
 *   u32 column count; for each column u16 length and the bytes of its name; u32 row count; for each row, for each
 *   column a u8 type code and: NULL nothing, INTEGER i64, FLOAT f64, BOOLEAN u8, TIMESTAMP i64 nanoseconds, TEXT, JSON
 *   and BLOB u32 length and bytes. */
int32_t stoolap_rows_fetch_all(StoolapRows* rows, uint8_t** out_buffer, int64_t* out_len);
void stoolap_buffer_free(uint8_t* buffer, int64_t len);
void stoolap_string_free(char* text);

#ifdef __cplusplus
}
#endif

#endif
