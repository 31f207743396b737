"""What is known: vocabulary, markings, seizures, bulletins and their faces. Never imports `sharing`."""
