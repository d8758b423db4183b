#include "sim/sweep/folder.hpp"

#include "sim/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t tables_place = std::uint64_t{1} << 40;  ///< beyond all points
constexpr std::array own_names{"claims",     "points",    "unfinished", "cache",
                               "sweep.json", "sweep.csv", "slurm",      "slurm.sh"};

struct flock lock_of(short type, std::uint64_t place, std::uint64_t length) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(place);
  lock.l_len = static_cast<off_t>(length);
  return lock;
}

std::runtime_error trouble(const std::string& path, const std::string& what) {
  return std::runtime_error(fmt::format("{}: {} ({})", path, what, std::strerror(errno)));
}

bool is_own(const std::string& name) {
  return std::find(own_names.begin(), own_names.end(), name) != own_names.end() || name.rfind(".sweep.", 0) == 0;
}

}  // namespace

Claim::~Claim() {
  if (descriptor_ >= 0) close(descriptor_);
}

void SweepFolder::open_for_writing() {
  const char* remedy = "a folder for the results that can be written";
  std::error_code failed;
  if (fs::exists(path_, failed) && !fs::is_directory(path_, failed))
    throw models::InputError(path_, "", "is not a folder", remedy);
  if (fs::is_directory(path_, failed) && !fs::exists(file("claims"), failed))
    for (const auto& entry : fs::directory_iterator(path_, failed))
      if (!is_own(entry.path().filename().string()))
        throw models::InputError(path_, "", "the folder is not empty and holds no sweep",
                                 "a new folder, an empty one, or one with the same sweep");
  for (const char* part : {"points", "unfinished"}) {
    fs::create_directories(file(part), failed);
    if (failed) throw models::InputError(path_, "", "cannot be written (" + failed.message() + ")", remedy);
  }
  const int claims = ::open(file("claims").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (claims < 0)
    throw models::InputError(path_, "", fmt::format("cannot be written ({})", std::strerror(errno)), remedy);
  close(claims);
}

void SweepFolder::require_sweep() const {
  std::error_code failed;
  if (!fs::exists(file("sweep.json"), failed) || !fs::exists(file("claims"), failed))
    throw models::InputError(path_, "", "is no folder of a sweep", "the folder given with -o to 'deltasim sweep'");
}

int SweepFolder::open_claims() const {
  const int descriptor = ::open(file("claims").c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) throw trouble(file("claims"), "cannot be opened");
  return descriptor;
}

std::optional<Claim> SweepFolder::claim(std::uint64_t index) const {
  Claim claim(open_claims());
  struct flock lock = lock_of(F_WRLCK, index, 1);
  if (fcntl(claim.descriptor(), F_OFD_SETLK, &lock) == 0) return claim;
  if (errno == EAGAIN || errno == EACCES) return std::nullopt;
  throw trouble(file("claims"), "file locks do not work here");
}

Claim SweepFolder::claim_tables() const {
  Claim claim(open_claims());
  struct flock lock = lock_of(F_WRLCK, tables_place, 1);
  while (fcntl(claim.descriptor(), F_OFD_SETLKW, &lock) != 0) {
    if (errno != EINTR) throw trouble(file("claims"), "file locks do not work here");
    stop_if_interrupted();
  }
  return claim;
}

std::vector<std::uint64_t> SweepFolder::claimed(std::size_t most) const {
  std::vector<std::uint64_t> result;
  const Claim claims(::open(file("claims").c_str(), O_RDONLY | O_CLOEXEC));
  std::vector<std::pair<std::uint64_t, std::uint64_t>> open{
      {0, tables_place}};  // the system names any lock, not the first
  while (claims.descriptor() >= 0 && !open.empty() && result.size() < most) {
    const auto [begin, end] = open.back();
    open.pop_back();
    if (begin >= end) continue;
    struct flock lock = lock_of(F_RDLCK, begin, end - begin);
    if (fcntl(claims.descriptor(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) continue;
    const auto first = std::max(begin, static_cast<std::uint64_t>(lock.l_start));
    const auto last = std::min(end, static_cast<std::uint64_t>(lock.l_start) + static_cast<std::uint64_t>(lock.l_len));
    for (std::uint64_t place = first; place < last; ++place) result.push_back(place);
    open.emplace_back(begin, first);
    open.emplace_back(last, end);
  }
  std::sort(result.begin(), result.end());
  return result;
}

PointState SweepFolder::state(const std::string& id) const {
  const std::string folder = point(id);
  if (access(folder.c_str(), F_OK) != 0) return PointState::left;
  if (access((folder + "/report.json").c_str(), F_OK) == 0) return PointState::done;
  return access((folder + "/failure.json").c_str(), F_OK) == 0 ? PointState::failed : PointState::left;
}

void SweepFolder::prepare(const std::string& id) const {
  fs::remove_all(unfinished(id));
  fs::create_directories(unfinished(id));
}

void SweepFolder::finish(const std::string& id) const {
  forget(id);  // a record of failure that is tried again
  fs::rename(unfinished(id), point(id));
}

void SweepFolder::forget(const std::string& id) const {
  if (state(id) != PointState::done) fs::remove_all(point(id));
}

}  // namespace deltasim::sim
