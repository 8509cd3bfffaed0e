// The words for who sits at the server's machine: `sitepod admin`, `backup`, `restore`, `doctor`. Who may read and
// write the data folder may use them; nobody is asked for a password. Main thread.
#pragma once

namespace sitepod::app {

// argv[0] is the word. Exit status: 0 done, 1 failed or problems found, 2 wrong usage.
int run_admin(int argc, char** argv);
int run_backup(int argc, char** argv);
int run_restore(int argc, char** argv);
int run_doctor(int argc, char** argv);

}  // namespace sitepod::app
