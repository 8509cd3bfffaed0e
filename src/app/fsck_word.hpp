// `sitepod fsck`: checks a data folder and prints what is wrong with it. Main thread.
#pragma once

namespace sitepod::app {

// argv[0] is "fsck". Exit status: 0 sound, 1 problems found or the check failed, 2 wrong usage.
int run_fsck(int argc, char** argv);

}  // namespace sitepod::app
