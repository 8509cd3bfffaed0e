// `sitepod serve`: from the command line to the last signal. Main thread.
#pragma once

namespace sitepod::app {

// argv[0] is "serve".
int run_serve(int argc, char** argv);

}  // namespace sitepod::app
