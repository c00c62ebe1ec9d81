#include "schema/names.h"

#include <gtest/gtest.h>

namespace orrery::schema {
namespace {

using Words = std::vector<std::string>;

TEST(Names, WordsEndAtSeparatorsCaseAndDigits) {
  EXPECT_EQ(split_words("Apple_name"), (Words{"Apple", "name"}));
  EXPECT_EQ(split_words("countFresh"), (Words{"count", "Fresh"}));
  EXPECT_EQ(split_words("HTTPRequest"), (Words{"HTTP", "Request"}));
  EXPECT_EQ(split_words("player1Id"), (Words{"player", "1", "Id"}));
  EXPECT_EQ(split_words("OneU8"), (Words{"One", "U", "8"}));
  EXPECT_EQ(split_words("u8x"), (Words{"u", "8", "x"}));
  EXPECT_EQ(split_words("__a--b c_"), (Words{"a", "b", "c"}));
  EXPECT_EQ(split_words("aBC"), (Words{"a", "BC"}));
  EXPECT_EQ(split_words("ABc"), (Words{"A", "Bc"}));
  EXPECT_EQ(split_words("ABCD"), (Words{"ABCD"}));
  EXPECT_EQ(split_words("_"), Words{});
  EXPECT_EQ(split_words(""), Words{});
}

TEST(Names, LettersOfOtherScriptsHaveCaseToo) {
  EXPECT_EQ(split_words("großÄrger"), (Words{"groß", "Ärger"}));
  EXPECT_EQ(convert_case("ÄrgerÖl", NameCase::kSnake), "ärger_öl");
  // A mark belongs to its letter: the x with circumflex (no composed form) stays lowercase.
  EXPECT_EQ(convert_case("x\u0302Y", NameCase::kSnake), "x\u0302_y");
  EXPECT_EQ(convert_case("名前Kind", NameCase::kSnake), "名前kind");
}

TEST(Names, CasesAreConverted) {
  EXPECT_EQ(convert_case("unique_u8", NameCase::kSnake), "unique_u_8");
  EXPECT_EQ(convert_case("GrannySmith", NameCase::kCamel), "grannySmith");
  EXPECT_EQ(convert_case("HTTPRequest_two", NameCase::kCamel), "httpRequestTwo");
  EXPECT_EQ(convert_case("meta_info", NameCase::kPascal), "MetaInfo");
  EXPECT_EQ(convert_case("myHTTPLib", NameCase::kPascal), "MyHttpLib");
  EXPECT_EQ(convert_case("As_isIt", NameCase::kAsIs), "As_isIt");
  EXPECT_EQ(convert_case("__", NameCase::kSnake), "");
}

IdentifierProblem problem(std::string_view name) {
  return check_identifier(name).problem;
}

TEST(Names, IdentifiersFollowUnicode) {
  for (std::string_view good : {"a", "_", "__x9", "été", "名前", "ß"}) {
    EXPECT_EQ(problem(good), IdentifierProblem::kNone) << good;
  }
  EXPECT_EQ(problem(""), IdentifierProblem::kEmpty);
  EXPECT_EQ(problem("9a"), IdentifierProblem::kInvalidStart);
  EXPECT_EQ(problem("-a"), IdentifierProblem::kInvalidStart);
  EXPECT_EQ(problem("a-b"), IdentifierProblem::kInvalidContinue);
  EXPECT_EQ(problem("a b"), IdentifierProblem::kInvalidContinue);
  EXPECT_EQ(problem("a.b"), IdentifierProblem::kInvalidContinue);
  EXPECT_EQ(problem("a\u00d7"), IdentifierProblem::kInvalidContinue);  // multiplication sign
  EXPECT_EQ(problem("\u0301a"), IdentifierProblem::kInvalidStart);     // a mark alone
  EXPECT_EQ(problem("x\u0302"), IdentifierProblem::kNone);             // has no composed form
  EXPECT_EQ(problem("e\u0301"), IdentifierProblem::kNotCanonical);     // would be é
  EXPECT_EQ(check_identifier("a-b").character, uint32_t{'-'});
}

TEST(Names, NormalizationFormCIsRecognised) {
  for (std::string_view good : {"", "abc", "é", "x\u0302", "가", "\u0915\u0902", "q\u0323\u0307"}) {
    EXPECT_TRUE(is_normalized(good)) << good;
  }
  EXPECT_FALSE(is_normalized("e\u0301"));
  EXPECT_FALSE(is_normalized("\u212b"));         // Angstrom sign, becomes Å
  EXPECT_FALSE(is_normalized("q\u0307\u0323"));  // marks out of order
  EXPECT_FALSE(is_normalized("\u1100\u1161"));   // jamo that make 가
  EXPECT_FALSE(is_normalized("\uac00\u11a8"));   // 가 and a trailing jamo
  EXPECT_FALSE(is_normalized("e\u0323\u0301"));  // ẹ and a mark that is not blocked
  EXPECT_TRUE(is_normalized("\u1eb9\u0301"));    // the same, composed
  EXPECT_FALSE(is_normalized("\u0958"));         // never in form C
}

TEST(Names, PartsOfTablesGetNames) {
  types::AlgebraicType row = types::AlgebraicType::product(
      {{"a", types::AlgebraicType::u8()}, {"b_c", types::AlgebraicType::u8()}});
  EXPECT_EQ(generated_index_name("t", row, IndexAlgorithm::kBTree, {1, 0}), "t_b_c_a_idx_btree");
  EXPECT_EQ(generated_index_name("t", row, IndexAlgorithm::kHash, {0}), "t_a_idx_hash");
  EXPECT_EQ(generated_index_name("t", row, IndexAlgorithm::kDirect, {7}), "t_col_7_idx_direct");
  EXPECT_EQ(generated_constraint_name("t", row, {0, 1}), "t_a_b_c_key");
  EXPECT_EQ(generated_sequence_name("t", row, 1), "t_b_c_seq");
  EXPECT_EQ(generated_schedule_name("t"), "t_sched");
}

}  // namespace
}  // namespace orrery::schema
