// For tests: public keys and tokens made with the openssl program and signed outside of this code.
// All have the claims iss "https://issuer.example/", sub "user-1", aud "app", iat 1700000000, exp
// 1700003600, role "admin".
#pragma once

#include <cstdint>

namespace orrery::server {

inline constexpr int64_t kRecordedIssued = 1700000000;
inline constexpr int64_t kRecordedExpires = 1700003600;
inline constexpr char kRecordedIssuer[] = "https://issuer.example/";

inline constexpr char kEcPublicPem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEBjLRc7fTVmjfR0xjzh5QLoh+HsQj\n"
    "bvlu5WT1IDH94ZLT/dP+qz+7HbzJ26jLaVkBEEkbIlGfDlqH9DYbS/HyZA==\n"
    "-----END PUBLIC KEY-----\n";
inline constexpr char kRsaPublicPem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAkBz8mlDZGQ2QmCAjCQvH\n"
    "cuiCB8OBXN5wsidmdP2zonKxVOO5BOXVptrqmbJFYgjJgRTmdFfbVLT2CuykKVLj\n"
    "a3FbdiN8eFsi1Q9eqsLGltDXuI4HM1A8QqJl8PgJRCX1EixumCUfsDSNw23ZJEV8\n"
    "9FQHRxMbhdOy0LsrmvqF2Bi5F/uAN1YZbTd0y92AbvFI4opdnfyS1jd9it8g8u+K\n"
    "Yh5njRSgkcHPNqB4J4mErYl9Oyn7rnvCxOzIF5Wm/A3iXwy5y3AxeRZ88ejIZQJ0\n"
    "Idlf7HvLNw+Ceeb3FtcUr3Xh8LLxsbdh6JqQ0bLl8VOO6ZNf6PZoBDxNnuYfVtnz\n"
    "/QIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
inline constexpr char kSecret[] = "a secret of thirty-two bytes, ok!";

/// kid "ec-1"
inline constexpr char kEs256Token[] =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5le"
    "GFtcGxlLyIsInN1YiI6InVzZXItMSIsImF1ZCI6ImFwcCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAzN"
    "jAwLCJyb2xlIjoiYWRtaW4ifQ.bAObWEMye42S9n51GQ7RutBi6MXIvh5G_KrdBU_F6JZVi9kzeIGyyG6gaQuJ9l"
    "vXD9WbsEkD_zu6KPQmavmNyw";
/// kid "rsa-1"
inline constexpr char kRs256Token[] =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5l"
    "eGFtcGxlLyIsInN1YiI6InVzZXItMSIsImF1ZCI6ImFwcCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAz"
    "NjAwLCJyb2xlIjoiYWRtaW4ifQ.BHkm0D8EhF6VAIBXm1Y_sWVeS0ETN-1ciZ9tMQIOgzoSKi-OkbnGXAn_dgCp9"
    "SRnryNrTGGH0ZCFW3s2zeUY4Ad6sCobmkZiSsh6r3BWyjAKIL1CsWaskKt9TsVZlXz15Ng2AJhqNCqHzZUBN04u2"
    "lzpJMk2cGS9ZuJglFAf_imODl5_pMcOWQ9-6KBYgcFMgCRT4hu9TCn7KLTudZXHRBXqGRp84917zK2b3fMeXsWbw"
    "wWVTEyhR-EeNZ0mWZIbIDV_Oc15M8uh_rjllsiJzGfj_Ze9ibhOJcB3KOYacaURy6A0h9Z9pnhFUaA0iknJeDty0"
    "d0SkQga5VnzNXNYwg";
/// no kid
inline constexpr char kRs256TokenWithoutKeyId[] =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlLyIsInN1YiI"
    "6InVzZXItMSIsImF1ZCI6ImFwcCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAzNjAwLCJyb2xlIjoiYWR"
    "taW4ifQ.UQeKvgoj1yAvCxXkli7s525XY754luNUOAY7zthLZTkf15mOGSvOsn3_EL9rLByU22uv1_1cNF0uRNkn"
    "gPgEMe-w-b8Ed1y0sBStfoWBKf9boi26k49Ke2q_v_pcdwxPvulDfh8KxW95n1w0r8G2aYOLEBWlxmhjAUtowt5x"
    "QgWXLBPiDPvBv6yhhCoux1KnT92ShqVPvx9bUuHC9P2KFvijbrhfV0NUcXEJhFYTxQmF2acna70u-7OXWoKExZ0N"
    "ZinbKKHCrR-4626n8Xal7Ho2QhMMH_PErsglrzeetiSsl_ZYT-436uKIwwUL6846EGXd0hgN9WgC1TIhL0HLXg";
inline constexpr char kHs256Token[] =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlLyIsInN1YiI"
    "6InVzZXItMSIsImF1ZCI6ImFwcCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAzNjAwLCJyb2xlIjoiYWR"
    "taW4ifQ.hcnd-Py1-8nZxn4eqt8a4XkIg_F8IbZNwbH2ZwhJQps";

/// Both public keys, a key for encryption, a key of another curve and a symmetric one.
inline constexpr char kKeySet[] =
    R"({"keys":[{"kty":"oct","kid":"secret","alg":"HS256","k":"YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXRlcywgb2sh"},)"
    R"({"kty":"EC","crv":"P-384","kid":"p384","x":"AA","y":"AA"},)"
    R"({"kty":"RSA","use":"enc","kid":"enc","e":"AQAB","n":")"
    "kBz8mlDZGQ2QmCAjCQvHcuiCB8OBXN5wsidmdP2zonKxVOO5BOXVptrqmbJFYgjJgRTmdFfbVLT2CuykKVLja3Fb"
    "diN8eFsi1Q9eqsLGltDXuI4HM1A8QqJl8PgJRCX1EixumCUfsDSNw23ZJEV89FQHRxMbhdOy0LsrmvqF2Bi5F_uA"
    "N1YZbTd0y92AbvFI4opdnfyS1jd9it8g8u-KYh5njRSgkcHPNqB4J4mErYl9Oyn7rnvCxOzIF5Wm_A3iXwy5y3Ax"
    "eRZ88ejIZQJ0Idlf7HvLNw-Ceeb3FtcUr3Xh8LLxsbdh6JqQ0bLl8VOO6ZNf6PZoBDxNnuYfVtnz_Q"
    R"("},{"kty":"EC","crv":"P-256","kid":"ec-1","use":"sig","x":"BjLRc7fTVmjfR0xjzh5QLoh-HsQjbvlu5WT1IDH94ZI",)"
    R"("y":"0_3T_qs_ux28yduoy2lZARBJGyJRnw5ah_Q2G0vx8mQ"},)"
    R"({"kty":"RSA","alg":"RS256","kid":"rsa-1","e":"AQAB","n":")"
    "kBz8mlDZGQ2QmCAjCQvHcuiCB8OBXN5wsidmdP2zonKxVOO5BOXVptrqmbJFYgjJgRTmdFfbVLT2CuykKVLja3Fb"
    "diN8eFsi1Q9eqsLGltDXuI4HM1A8QqJl8PgJRCX1EixumCUfsDSNw23ZJEV89FQHRxMbhdOy0LsrmvqF2Bi5F_uA"
    "N1YZbTd0y92AbvFI4opdnfyS1jd9it8g8u-KYh5njRSgkcHPNqB4J4mErYl9Oyn7rnvCxOzIF5Wm_A3iXwy5y3Ax"
    "eRZ88ejIZQJ0Idlf7HvLNw-Ceeb3FtcUr3Xh8LLxsbdh6JqQ0bLl8VOO6ZNf6PZoBDxNnuYfVtnz_Q"
    R"("}]})";

}  // namespace orrery::server
