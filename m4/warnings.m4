# SYMCONV_TRY_CFLAGS(VARIABLE, FLAGS)
# Appends each of FLAGS that the compiler takes without complaint.
AC_DEFUN([SYMCONV_TRY_CFLAGS], [
	symconv_saved_cflags=$CFLAGS
	for symconv_flag in m4_normalize([$2]); do
		AC_MSG_CHECKING([whether $CC takes $symconv_flag])
		CFLAGS="$symconv_saved_cflags -Werror $symconv_flag"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
			[AC_MSG_RESULT([yes])
			 $1="$$1 $symconv_flag"],
			[AC_MSG_RESULT([no])])
	done
	CFLAGS=$symconv_saved_cflags
])
