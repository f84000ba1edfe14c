// SPDX-License-Identifier: Apache-2.0
//
// Asio's and Beast's own functions, compiled here once instead of in every file that includes them;
// it takes a quarter off the time of each.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
