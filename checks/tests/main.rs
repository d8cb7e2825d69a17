//! Tests of the checks: their folders, their pages, their words.

mod folders;
mod kit;
mod pages;
