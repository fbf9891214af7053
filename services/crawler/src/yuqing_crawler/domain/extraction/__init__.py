"""From a page's HTML to the article on it: title, author, time, body, pictures, counts and comments."""
