#include "http/multipart.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/limits.hpp"

namespace sitepod::http {
namespace {

using Event = MultipartReader::Event;

struct ReadPart {
  std::string name;
  std::optional<std::string> file_name;
  std::string media_type;
  std::string content;
  bool complete = false;
  friend bool operator==(const ReadPart&, const ReadPart&) = default;
};
struct Form {
  std::vector<ReadPart> parts;
  bool done = false;
  bool refused = false;
  std::string problem;
  friend bool operator==(const Form&, const Form&) = default;
};

void feed_all(MultipartReader& reader, std::string_view input, Form& form) {
  for (;;) {
    const MultipartReader::Step step = reader.feed(input);
    input.remove_prefix(step.consumed);
    if (step.event == Event::PartBegin)
      form.parts.push_back(
          {reader.part().disposition.name, reader.part().disposition.file_name, reader.part().media_type, "", false});
    if (step.event == Event::Content) form.parts.back().content += step.piece;
    if (step.event == Event::PartEnd) form.parts.back().complete = true;
    form.done = reader.is_done();
    form.refused = step.event == Event::Refused;
    form.problem = reader.problem();
    if (step.event == Event::NeedMore || step.event == Event::Done || step.event == Event::Refused) return;
  }
}

Form read(std::string_view body, std::string_view boundary = "B") {
  MultipartReader reader(boundary);
  Form form;
  feed_all(reader, body, form);
  return form;
}

std::string part(const std::string& content, const std::string& disposition = "name=\"f\"") {
  return "--B\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
}

const std::string kTwoParts =
    "--B\r\nContent-Disposition: form-data; name=\"payload\"\r\nContent-Type: application/json\r\n\r\n{\"a\":1}\r\n"
    "--B\r\ncontent-disposition: form-data; name=files; filename=\"x.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
    "\r\n\r--B\r\n-\r\n--\r\n--A\r\n\r\n\r\n--B--\r\nepilogue";

TEST(Multipart, ReadsPartsWithTheirNamesTypesAndExactBytes) {
  const Form form = read(kTwoParts);
  ASSERT_EQ(form.parts.size(), 2u) << form.problem;
  EXPECT_EQ(form.parts[0], (ReadPart{"payload", std::nullopt, "application/json", "{\"a\":1}", true}));
  EXPECT_EQ(form.parts[1], (ReadPart{"files", "x.jpg", "image/jpeg", "\r\n\r--B\r\n-\r\n--\r\n--A\r\n\r\n", true}));
  EXPECT_TRUE(form.done);
}

TEST(Multipart, ReadsTheSameHoweverTheBytesArrive) {
  const std::string bodies[] = {kTwoParts, part("") + part("a\r\n--") + "--B--",
                                "preamble\r\n" + part("x") + "--B  \r\n", part("y") + "--B\t--"};
  for (const std::string& body : bodies) {
    const Form whole = read(body);
    for (std::size_t first = 0; first <= body.size(); ++first)
      for (std::size_t second = first; second <= body.size(); second += 7) {
        MultipartReader reader("B");
        Form form;
        feed_all(reader, std::string_view(body).substr(0, first), form);
        feed_all(reader, std::string_view(body).substr(first, second - first), form);
        feed_all(reader, std::string_view(body).substr(second), form);
        ASSERT_EQ(form, whole) << first << " " << second << "\n" << body;
      }
    MultipartReader reader("B");
    Form form;
    for (const char c : body) feed_all(reader, std::string_view(&c, 1), form);
    ASSERT_EQ(form, whole);
  }
}

TEST(Multipart, HandsOutLargeContentInLargePieces) {
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += "\r\n--"[i % 4] == '-' ? 'x' : "\r\n--"[i % 4];
  const std::string body = part(content) + "--B--";
  MultipartReader reader("B");
  std::string_view rest = body;
  std::size_t pieces = 0;
  for (Event event = Event::PartBegin; event != Event::Done;) {
    const auto step = reader.feed(rest);
    rest.remove_prefix(step.consumed);
    event = step.event;
    ASSERT_NE(event, Event::Refused);
    pieces += event == Event::Content;
  }
  EXPECT_LE(pieces, 2u);
}

TEST(Multipart, EmptyPartsMayOmitTheLineBreakBeforeTheBoundary) {
  for (const std::string body : {"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--B--",
                                 "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--B--"}) {
    const Form form = read(body);
    EXPECT_TRUE(form.done);
    ASSERT_EQ(form.parts.size(), 1u);
    EXPECT_EQ(form.parts[0].content, "");
    EXPECT_TRUE(form.parts[0].complete);
  }
}

TEST(Multipart, AFormWithoutPartsIsDone) { EXPECT_TRUE(read("--B--\r\n").done); }

TEST(Multipart, ABodyThatEndsEarlyIsNotDone) {
  const std::string body = part("content") + "--B--";
  for (std::size_t length = 0; length < body.size(); ++length) {
    const Form form = read(body.substr(0, length));
    EXPECT_FALSE(form.done || form.refused) << length;
  }
}

TEST(Multipart, RefusesWhatIsNotAForm) {
  const std::string refused[] = {
      "--BX\r\n",
      "--B-x",
      "--B\n",
      "--B\r\r",
      "--B x\r\n",
      "--B\r\n\r\nno headers",
      "--B\r\nContent-Type: text/plain\r\n\r\n",
      "--B\r\nContent-Disposition: form-data\r\n\r\n",
      "--B\r\nContent-Disposition: attachment; name=a\r\n\r\n",
      "--B\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n",
      "--B\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=a\r\n\r\n",
      "--B\r\nContent-Disposition: form-data; name=a; filename=\"x\r\n\r\n",
      "--B\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\n",
      "--B\r\nContent-Disposition : form-data; name=a\r\n\r\n",
      "--B\r\nContent-Disposition: form-data; name=a\n\r\n\r\n",
      "--B\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n",
      part("a") + "--Bonus\r\n",
  };
  for (const std::string& body : refused) {
    const Form form = read(body);
    EXPECT_TRUE(form.refused) << body;
    EXPECT_FALSE(form.problem.empty()) << body;
  }
}

TEST(Multipart, ARefusalLasts) {
  MultipartReader reader("B");
  EXPECT_EQ(reader.feed("--Bx").event, Event::Refused);
  EXPECT_EQ(reader.feed("--B--").event, Event::Refused);
}

TEST(Multipart, LimitsTheHeadOfAPart) {
  const std::string start = "--B\r\n";
  const std::string head = "Content-Disposition: form-data; name=a\r\nX: ";
  const std::string fits = head + std::string(kMaxPartHeadBytes - head.size() - 4, 'x') + "\r\n\r\n";
  EXPECT_EQ(read(start + fits).parts.size(), 1u);
  const std::string exceeds = head + std::string(kMaxPartHeadBytes - head.size() - 3, 'x') + "\r\n\r\n";
  EXPECT_TRUE(read(start + exceeds).refused);
}

TEST(Multipart, LimitsWhatStandsInFrontOfTheFirstBoundary) {
  EXPECT_TRUE(read(std::string(kMaxMultipartPreambleBytes, 'x') + "\r\n" + part("a") + "--B--").done);
  EXPECT_TRUE(read(std::string(kMaxMultipartPreambleBytes + 1, 'x') + "\r\n" + part("a") + "--B--").refused);
}

TEST(Multipart, LimitsWhiteSpaceBehindABoundary) {
  EXPECT_FALSE(read("--B" + std::string(kMaxMultipartPaddingBytes, ' ') + "\r\n").refused);
  EXPECT_TRUE(read("--B" + std::string(kMaxMultipartPaddingBytes + 1, ' ') + "\r\n").refused);
}

TEST(Boundary, IsReadFromTheContentType) {
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=----WebKitFormBoundaryAbc"), "----WebKitFormBoundaryAbc");
  EXPECT_EQ(boundary_of("Multipart/Form-Data;charset=utf-8; Boundary=\"a b:c\""), "a b:c");
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=" + std::string(70, 'x')), std::string(70, 'x'));
  for (const std::string value : {"multipart/form-data", "multipart/mixed; boundary=x", "application/json",
                                  "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
                                  "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=a; boundary=b",
                                  "multipart/form-data; boundary=a\"b", "multipart/form-data; boundary=\"a"})
    EXPECT_EQ(boundary_of(value), std::nullopt) << value;
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')), std::nullopt);
}

TEST(FormDisposition, ReadsFileNamesAsClientsWriteThem) {
  const auto file_name = [](std::string_view value) { return parse_form_disposition(value)->file_name.value(); };
  EXPECT_EQ(file_name("form-data; name=\"f\"; filename=\"a b;c.jpg\""), "a b;c.jpg");
  EXPECT_EQ(file_name("form-data; name=\"f\"; filename=\"a\\\"b\\\\c.jpg\""), "a\"b\\c.jpg") << "curl";
  EXPECT_EQ(file_name("form-data; name=\"f\"; filename=\"a%22b%41.jpg\""), "a\"b%41.jpg") << "browsers";
  EXPECT_EQ(file_name("form-data; name=\"f\"; filename=\"C:\\dir\\x.jpg\""), "C:\\dir\\x.jpg");
  EXPECT_EQ(file_name("form-data; name=\"f\"; filename=\"\xc3\xa4.jpg\""), "\xc3\xa4.jpg");
  EXPECT_EQ(file_name("form-data; name=f; filename=my photo.jpg"), "my photo.jpg");
  EXPECT_EQ(file_name("form-data; name=f; filename=x.jpg; filename*=UTF-8''%e2%82%ac%20rates"), "\xe2\x82\xac rates");
  EXPECT_EQ(file_name("form-data; name=f; filename*=iso-8859-1'en'%A3%20rates"), "\xc2\xa3 rates");
  EXPECT_EQ(file_name("form-data; name=f; filename=\"\""), "");
  EXPECT_FALSE(parse_form_disposition("form-data; name=f")->file_name.has_value());
}

TEST(FormDisposition, RefusesNamesThatHideControlCharactersOrAreMalformed) {
  for (const std::string_view value :
       {"form-data; name=f; filename*=UTF-8''a%00b", "form-data; name=f; filename*=UTF-8''a%0d%0ab",
        "form-data; name=f; filename*=UTF-8''%zz", "form-data; name=f; filename*=UTF-8''a%2",
        "form-data; name=f; filename*=UTF-16''a", "form-data; name=f; filename*=a", "form-data; filename=x",
        "form-data; name", "form-data; name=", "form-data name=f", "form-data; name=\"f\"x"})
    EXPECT_FALSE(parse_form_disposition(value).has_value()) << value;
}

}  // namespace
}  // namespace sitepod::http
