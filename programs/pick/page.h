/*
 * page.h - the parts of the page of floorfuse calibrate pick, built in
 *
 * page.html has @STYLE@, @SCRIPT@ and @DATA@ where the others go; each is text with a NUL.
 */
#ifndef FLOORFUSE_PROGRAMS_PICK_PAGE_H
#define FLOORFUSE_PROGRAMS_PICK_PAGE_H

extern const unsigned char pick_page_html[], pick_page_css[], pick_page_js[];

#endif
