#include "models/error.hpp"
#include "tests/sim/cache/bench.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>

#include <sys/wait.h>
#include <unistd.h>

using namespace deltasim;
using namespace deltasim::test;
namespace fs = std::filesystem;

namespace {

std::optional<std::string> content(sim::Store& store, const std::string& key) {
  const auto entry = store.find(key);
  if (!entry) return std::nullopt;
  return entry->content();
}

/// Last used so many seconds ago.
void age(const TemporaryFolder& folder, const std::string& key, int seconds) {
  fs::last_write_time(folder / ("cache/entries/" + key),
                      fs::file_time_type::clock::now() - std::chrono::seconds(seconds));
}

constexpr std::uint64_t seal_bytes = 160;

}  // namespace

TEST_CASE("cache: what is kept is found again, by other stores of the folder, too") {
  const TemporaryFolder folder;
  TestStore one(folder), two(folder);
  CHECK(!content(one.store, "k-1"));
  one.put("k-1", "some bytes");
  one.put("k-2", "");
  CHECK(content(two.store, "k-1") == "some bytes");
  CHECK(content(two.store, "k-2") == "");
  CHECK(fs::file_size(folder / "cache/entries/k-1") == 10 + seal_bytes);
  CHECK(fs::is_empty(folder / "cache/drafts"));
  CHECK(one.warnings.empty());
}

TEST_CASE("cache: an entry with any byte changed, cut or under another name is reported once, deleted and missing") {
  const TemporaryFolder folder;
  const std::string path = folder / "cache/entries/k-1", good = std::string(100, 'c');
  std::string whole;
  {
    TestStore store(folder);
    store.put("k-1", good);
    whole = folder.read("cache/entries/k-1");
  }
  std::vector<std::string> bad{
      "", "x", whole.substr(0, 50), whole.substr(0, whole.size() - 1), whole + "x", whole.substr(1), good};
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    bad.push_back(whole);
    bad.back()[at] ^= 1;
  }
  for (const std::string& bytes : bad) {
    CAPTURE(bytes);
    TestStore store(folder);
    folder.write("cache/entries/k-1", bytes);
    CHECK(!content(store.store, "k-1"));
    CHECK(!fs::exists(path));
    CHECK(!content(store.store, "k-1"));
    CHECK(store.warnings == std::vector<std::string>{"cache entry '" + path + "' is damaged; computed again"});
    CHECK(store.store.damaged() == 1);
  }
  TestStore store(folder);
  folder.write("cache/entries/k-2", whole);  // undamaged, but what k-1 holds
  CHECK(!content(store.store, "k-2"));
  CHECK(store.warnings.size() == 1);
}

TEST_CASE("cache: entries that were not used for longest make room") {
  const TemporaryFolder folder;
  const std::string bytes(1000, 'b');
  const std::uint64_t entry = 1000 + seal_bytes;
  for (const bool fits : {true, false}) {
    CAPTURE(fits);
    TestStore store(folder, 3 * entry - (fits ? 0 : 1));
    store.put("k-1", bytes);
    store.put("k-2", bytes);
    age(folder, "k-1", 20);
    age(folder, "k-2", 30);
    CHECK(content(store.store, "k-2") == bytes);  // now k-1 was not used for longest
    store.put("k-3", bytes);
    CHECK(content(store.store, "k-1").has_value() == fits);
    CHECK(content(store.store, "k-2") == bytes);
    CHECK(content(store.store, "k-3") == bytes);
    for (const char* key : {"k-1", "k-2", "k-3"}) fs::remove(folder / (std::string("cache/entries/") + key));
  }
}

TEST_CASE("cache: an entry that is being read stays, one beyond the limit is not kept and drives nobody out") {
  const TemporaryFolder folder;
  TestStore store(folder, 2000);
  store.put("k-1", std::string(1000, 'a'));
  {
    const auto reading = store.store.find("k-1");
    store.put("k-2", std::string(1000, 'b'));
    CHECK(fs::exists(folder / "cache/entries/k-1"));
    CHECK(reading->content() == std::string(1000, 'a'));
  }
  store.put("k-3", std::string(3000, 'c'));
  CHECK(!content(store.store, "k-3"));
  CHECK(content(store.store, "k-2"));
  store.put("k-4", std::string(1000, 'd'));  // now it may go
  CHECK(!fs::exists(folder / "cache/entries/k-1"));
  CHECK(store.warnings.empty());
}

TEST_CASE("cache: one process at a time computes an entry, and a dead one does not count") {
  const TemporaryFolder folder;
  TestStore one(folder), two(folder);
  {
    const auto claim = one.store.claim("k-1");
    REQUIRE(claim);
    CHECK(!two.store.claim("k-1"));
    CHECK(two.store.claim("k-2"));
  }
  CHECK(two.store.claim("k-1"));
  CHECK(fs::is_empty(folder / "cache/locks"));

  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto claim = one.store.claim("k-1");
    folder.write("cache/drafts/.k-1.host-1.part", "half");
    if (write(ready[1], "r", 1) == 1) pause();
    _exit(0);
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  CHECK(!two.store.claim("k-1"));
  two.put("k-2", "x");  // looks for what the dead left behind
  CHECK(fs::exists(folder / "cache/drafts/.k-1.host-1.part"));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  CHECK(two.store.claim("k-1"));
  two.put("k-3", "x");
  CHECK(fs::is_empty(folder / "cache/drafts"));
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("cache: where nothing can be written everybody computes, after one warning") {
  TestStore store{TemporaryFolder()};  // gone by now
  const TemporaryFolder folder;
  sim::Store nowhere("/proc/deltasim-cache", 1000, [&](const std::string& text) { store.warnings.push_back(text); });
  CHECK(nowhere.claim("k-1"));
  CHECK(nowhere.claim("k-1"));
  nowhere.keep(*nowhere.claim("k-1"), "x");
  CHECK(!nowhere.find("k-1"));
  REQUIRE(store.warnings.size() == 1);
  CHECK(store.warnings[0].find("cache '/proc/deltasim-cache' cannot be written (") == 0);
  folder.write("file", "");
  CHECK_THROWS_WITH_AS(sim::Store(folder / "file", 1000, nullptr),
                       ("--cache " + (folder / "file") + ": is not a folder; a folder, which may be new").c_str(),
                       models::InputError);
}

TEST_CASE("cache: a folder that can only be read is used") {
  const TemporaryFolder folder;
  TestStore writer(folder);
  writer.put("k-1", "some bytes");
  writer.put("k-2", "some bytes");
  std::string spoilt = folder.read("cache/entries/k-2");
  spoilt[3] ^= 1;
  folder.write("cache/entries/k-2", spoilt);
  for (const char* part : {"cache/entries", "cache/drafts", "cache/locks"})
    fs::permissions(folder / part, fs::perms(0555));
  fs::permissions(folder.path(), fs::perms(0755));
  const bool root = geteuid() == 0;
  if (root) REQUIRE(seteuid(65534) == 0);  // root may write everywhere
  {
    TestStore reader(folder);
    CHECK(content(reader.store, "k-1") == "some bytes");
    for (int attempt = 0; attempt < 3; ++attempt) {
      CHECK(reader.store.claim("k-2"));
      CHECK(!content(reader.store, "k-2"));
      reader.put("k-2", "new");
    }
    CHECK(reader.warnings.size() == 2);  // it cannot be written, and k-2 is damaged
  }
  if (root) REQUIRE(seteuid(0) == 0);
  for (const char* part : {"cache/entries", "cache/drafts", "cache/locks"})
    fs::permissions(folder / part, fs::perms(0755));
}
